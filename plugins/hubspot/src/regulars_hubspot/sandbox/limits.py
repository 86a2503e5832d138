"""The rate limits of a portal: a burst window per app, a search window and a daily budget."""

from __future__ import annotations

from collections import deque
from datetime import datetime

from regulars.testing import Answer


class Limits:
    """`burst` calls in ten seconds, `search` calls in one, `daily` in all. Plain numbers, free to change."""

    def __init__(self) -> None:
        self.burst, self.search, self.daily = 100, 5, 250_000
        self.used_today = 0
        self.refused = 0
        self._burst: deque[float] = deque()
        self._search: deque[float] = deque()

    def refusal(self, now: datetime, searching: bool, correlation: str) -> Answer | None:
        """Count a call; the 429 where it is one too many."""
        at = now.timestamp()
        window, span, most = (self._search, 1.0, self.search) if searching else (self._burst, 10.0, self.burst)
        while window and window[0] <= at - span:
            window.popleft()
        if self.used_today >= self.daily:
            return self._refuse("You have reached your daily limit.", "DAILY", correlation)
        if len(window) >= most:
            if searching:
                return self._refuse("You have reached your secondly limit.", None, correlation)
            text = "You have reached your ten_secondly_rolling limit."
            return self._refuse(text, "TEN_SECONDLY_ROLLING", correlation)
        window.append(at)
        self.used_today += 1
        return None

    def headers(self, searching: bool, by_app: bool = False) -> dict[str, str]:
        """What an answer tells of the budget; search answers tell only of the day, those to an OAuth app
        nothing of it."""
        daily = (
            {}
            if by_app
            else {
                "X-HubSpot-RateLimit-Daily": str(self.daily),
                "X-HubSpot-RateLimit-Daily-Remaining": str(max(0, self.daily - self.used_today)),
            }
        )
        if searching:
            return daily
        return daily | {
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
            "X-HubSpot-RateLimit-Max": str(self.burst),
            "X-HubSpot-RateLimit-Remaining": str(max(0, self.burst - len(self._burst))),
        }

    def _refuse(self, message: str, policy: str | None, correlation: str) -> Answer:
        self.refused += 1
        body = {"status": "error", "message": message, "correlationId": correlation}
        # Search names neither a policy nor an error type, and calls its category differently.
        more = {"errorType": "RATE_LIMIT", "policyName": policy} if policy else {"category": "RATE_LIMITS"}
        return Answer.of(body | more, 429)
