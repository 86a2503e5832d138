"""What an answer means on a platform that keeps to the meaning of HTTP's status codes (RFC 9110, RFC 6585)."""

from __future__ import annotations

from regulars.errors import AuthError, PlatformError
from regulars.http import Again, Fine, Response, Verdict


def judge_by_status(answer: Response) -> Verdict:
    """A `judge` for a RequestPolicy, by nothing but the status.

    2xx is Fine. 429 is tried again, also a write, for it did nothing; 5xx is tried again if it was a
    read; both after `Retry-After`, if that is a number of seconds. 401 and 403 are an AuthError, all
    else is a PlatformError. A platform with words of its own wants a judge of its own, which may ask
    this one for the rest.
    """
    match answer.status:
        case status if 200 <= status < 300:
            return Fine()
        case 401 | 403 as status:
            hint = "Renew them on the platform, and see that they may do what is asked"
            return AuthError(f"the platform refuses the credentials ({status})", hint=hint)
        case 429:
            return Again("too many requests", _seconds(answer), nothing_happened=True)
        case status if status >= 500:
            return Again(f"it answered {status}", _seconds(answer))
        case status:
            hint = "The plugin asked for something the platform does not have; tell its author"
            return PlatformError(f"the platform answered {status}", hint=hint)


def _seconds(answer: Response) -> float | None:
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isdecimal() else None
