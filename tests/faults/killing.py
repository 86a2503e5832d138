"""Killing a process at a chosen instant: at the n-th call the product makes, Python or C, counted exactly.

The worker starts from a process that has everything imported, so that fifty deaths take a minute.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

_OURS = os.sep + "regulars"
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["regulars.run.night", "regulars.plugins", "stage"])


def calls(target: Callable[..., Any], *args: Any) -> int:
    """Run `target` in a process of its own to its end; how many calls the product made in it."""
    receiver, sender = _CONTEXT.Pipe(duplex=False)
    code = _run(target, args, None, sender)
    if code:
        raise AssertionError(f"the uninterrupted run failed with {code}")
    return int(receiver.recv())


def killed(target: Callable[..., Any], *args: Any, at: int) -> bool:
    """Run `target` in a process of its own and kill -9 it at its `at`-th call; False where it ended before."""
    code = _run(target, args, at, None)
    if code not in (0, -signal.SIGKILL):
        raise AssertionError(f"the worker failed with {code}")
    return code == -signal.SIGKILL


def finished(target: Callable[..., Any], *args: Any) -> None:
    """Run `target` in a process of its own, uncounted, to its end."""
    if code := _run(target, args, None, None):
        raise AssertionError(f"the worker failed with {code}")


def _run(target: Callable[..., Any], args: tuple[Any, ...], at: int | None, report: Any) -> int:
    process = _CONTEXT.Process(target=_worker, args=(target, args, at, report))
    process.start()
    process.join(120)
    if process.exitcode is None:
        process.kill()
        raise AssertionError("the worker hangs")
    return process.exitcode


def _worker(target: Callable[..., Any], args: tuple[Any, ...], at: int | None, report: Any) -> None:
    seen = 0

    def count(frame: Any, event: str, arg: Any) -> None:
        nonlocal seen
        if _OURS in frame.f_code.co_filename:
            seen += 1
            if seen == at:
                os.kill(os.getpid(), signal.SIGKILL)

    if at is not None or report is not None:
        threading.setprofile(count)
        sys.setprofile(count)
    target(*args)
    sys.setprofile(None)
    if report is not None:
        report.send(seen)
