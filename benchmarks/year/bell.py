"""A bell on every answer a platform gives: at chosen ones something happens, or the process dies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from regulars.connector import Connector
from regulars.http import RequestPolicy, Response, Verdict


class Killed(BaseException):
    """The process died here. Nothing but the loop of the year may catch it."""


def kill() -> None:
    """Die."""
    raise Killed


class Bell:
    """Counts answers since `wind`. `at[n]` is done when the n-th arrives, before the product reads it."""

    def __init__(self) -> None:
        self.answers = 0
        self.at: dict[int, Callable[[], None]] = {}

    def wind(self, at: dict[int, Callable[[], None]] | None = None) -> None:
        """Count from zero again, with these things to do."""
        self.answers, self.at = 0, dict(at or {})

    def hung(self, connector: Connector) -> Connector:
        """The same connector, ringing."""

        def policy(settings: Any) -> RequestPolicy:
            plain = connector.policy(settings)

            def judge(response: Response) -> Verdict:
                self._ring()
                return plain.judge(response)

            return replace(plain, judge=judge)

        return replace(connector, policy=policy)

    def _ring(self) -> None:
        self.answers += 1
        if act := self.at.pop(self.answers, None):
            act()
