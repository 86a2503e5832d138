"""How many requests at a time: as many as the settings allow, fewer while others need the connections.

An account's ten connections are shared, and no answer says how many are free: one too many is refused. Were
the refused request to wait while its neighbours went on, these would take every connection that comes free,
and it would never get in.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from regulars import Level, Response

from regulars_mailchimp.models import Problem

_CALM = 50
"""Answers without a refusal after which one more request at a time is tried."""


def busy(response: Response) -> bool:
    """Whether this is how Mailchimp refuses a connection too many: 429, or 403 without a problem document.
    Nothing was done then."""
    return response.status == 429 or (response.status == 403 and not Problem.read(response).title)


class Lanes:
    """At most `most` requests at a time, one fewer after each refusal. Told of every answer by being called
    with it (a policy's `levels`)."""

    def __init__(self, most: int) -> None:
        self._most = self.limit = most
        self._used = self._calm = 0
        self._free = threading.Condition()

    @contextmanager
    def take(self) -> Iterator[None]:
        """Hold a lane; wait until there is one."""
        with self._free:
            self._free.wait_for(lambda: self._used < self.limit)
            self._used += 1
        try:
            yield
        finally:
            with self._free:
                self._used -= 1
                self._free.notify_all()

    def __call__(self, response: Response) -> Sequence[Level]:
        """Learn from an answer. Mailchimp tells no levels."""
        refused = busy(response)
        with self._free:
            self._calm = 0 if refused else self._calm + 1
            if refused:
                self.limit = max(1, self.limit - 1)
            elif self._calm >= _CALM and self.limit < self._most:
                self.limit, self._calm = self.limit + 1, 0
                self._free.notify_all()
        return ()
