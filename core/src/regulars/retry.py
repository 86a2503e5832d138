"""The only retry policy: what may be tried again, how often, how long to wait.

A read is tried again after a rate limit, a transport fault or an answer the platform calls
temporary. A write is tried again only where the platform said that it did nothing.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from regulars.clock import Clock
from regulars.errors import RegularsError

log = logging.getLogger("regulars.retry")
T = TypeVar("T")


class TryAgain(Exception):
    """Raised inside an attempt: it may be made again after `after` seconds (None: back off).

    `instead` is the error to raise when the attempts are used up.
    """

    def __init__(self, instead: RegularsError, after: float | None = None) -> None:
        super().__init__(str(instead))
        self.instead, self.after = instead, after


def attempt(call: Callable[[], T], *, clock: Clock, attempts: int = 6, longest: float = 120.0) -> T:
    """Run `call` until it does not raise TryAgain, at most `attempts` times.

    Waits what the platform asked for (capped at `longest` seconds), else 1, 2, 4 ... seconds with
    jitter. Raises the last TryAgain's `instead`.
    """

    given: list[TryAgain] = []
    try:
        # Most calls end here: the machinery below costs more than some of them.
        return call()
    except TryAgain as fault:
        given.append(fault)

    def again() -> T:
        if given:
            raise given.pop()
        return call()

    def pause(state: RetryCallState) -> float:
        fault = state.outcome.exception() if state.outcome else None
        if isinstance(fault, TryAgain) and fault.after is not None:
            return min(fault.after, longest)
        # Jitter keeps several workers from coming back in step; it need not be secret.
        return float(min(2.0 ** (state.attempt_number - 1), longest)) * random.uniform(0.8, 1.2)

    def tell(state: RetryCallState) -> None:
        fault = state.outcome.exception() if state.outcome else None
        wait = state.next_action.sleep if state.next_action else 0.0
        log.warning("%s; trying again in %.0f s (%d of %d)", fault, wait, state.attempt_number + 1, attempts)

    retrying = Retrying(
        stop=stop_after_attempt(attempts),
        wait=pause,
        sleep=clock.sleep,
        before_sleep=tell,
        retry=retry_if_exception_type(TryAgain),
        reraise=True,
    )
    try:
        return retrying(again)
    except TryAgain as fault:
        raise fault.instead from fault.__cause__
