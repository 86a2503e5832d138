"""How HubSpot wants to be called: limits and pace.

Limits: 100 calls in 10 seconds for an app of a free or starter portal (the answers tell of higher
ones), 5 searches a second for the whole account. Both windows roll, so that calls go out at an even
pace: whoever spends a whole window at once waits for ten seconds afterwards. Search answers carry no
burst headers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regulars import Level, Limit, RequestPolicy, Response

from regulars_hubspot.refusals import judge
from regulars_hubspot.settings import HubSpotSettings

HOST = "api.hubapi.com"
SEARCH = "search"
BURST, WINDOW = 100.0, 10.0  # calls in seconds, until an answer tells of another limit
_AT_ONCE = 0.04  # of a window's calls; the rest goes out evenly, so that no window ever holds too many


@dataclass(frozen=True, slots=True)
class Usage:
    """Calls of the whole account, by all its integrations: how many a day has, and how many are left."""

    daily: int
    left: int


def policy(_: HubSpotSettings) -> RequestPolicy:
    """The policy of every HubSpot account."""
    return RequestPolicy(
        platform="HubSpot",
        base_url=f"https://{HOST}",
        hosts=frozenset((HOST,)),
        judge=judge,
        limits=(Limit("default", *_even(BURST, WINDOW)), Limit(SEARCH, 1, 5)),
        levels=Pace().levels,
    )


class Pace:
    """Follows the burst limit that answers tell. Kept by the policy of one connection."""

    def __init__(self) -> None:
        self._told = (BURST, WINDOW)

    def levels(self, answer: Response) -> Sequence[Level]:
        """A bucket of another size where the limit is another, an empty one where somebody else uses the
        same app. Headers: X-HubSpot-RateLimit-Max, -Remaining, -Interval-Milliseconds."""
        left, most = _number(answer, "remaining"), _number(answer, "max")
        if left is None or not most:
            return ()
        told = (most, (_number(answer, "interval-milliseconds") or WINDOW * 1000) / 1000)
        if told == self._told and left > 0:
            return ()
        self._told = told
        capacity, per_second = _even(*told)
        # With nothing left, a second's calls are missing too.
        return (Level("default", 0 if left else -per_second, capacity, per_second),)


def _even(most: float, span: float) -> tuple[float, float]:
    """Capacity and refill of a bucket that never lets more than `most` calls out in `span` seconds."""
    at_once = max(1.0, float(int(most * _AT_ONCE)))
    return at_once, max(1.0, most - at_once) / span


def usage(answer: Response) -> Usage | None:
    """The day's calls; None where the answer does not tell (OAuth apps)."""
    daily, left = _number(answer, "daily"), _number(answer, "daily-remaining")
    return None if daily is None or left is None else Usage(int(daily), int(left))


def _number(answer: Response, name: str) -> float | None:
    text = answer.headers.get(f"x-hubspot-ratelimit-{name}", "")
    return float(text) if text.isdigit() else None
