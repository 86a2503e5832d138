"""One run per client: the lease, with an epoch that fences off whoever lost it."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from regulars.journal.store import Journal

TTL = timedelta(minutes=10)
"""How long a lease of another machine is believed without a sign of life."""


class Lease:
    """The right to change this client. Every journal transaction checks `epoch` and renews it."""

    def __init__(self, journal: Journal, owner: str, epoch: int) -> None:
        self._journal, self.owner, self.epoch = journal, owner, epoch

    def __enter__(self) -> Lease:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._journal.release(self)


def this_process(name: str) -> str:
    """`name@host:pid`, how an owner signs."""
    return f"{name}@{socket.gethostname()}:{os.getpid()}"


def lives(owner: str) -> bool | None:
    """Whether the owner's process is alive; None where it is on another machine."""
    host, _, pid = owner.rpartition("@")[2].rpartition(":")
    if host != socket.gethostname():
        return None
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
