"""How Postbox wants to be called, and what its answers mean."""

from __future__ import annotations

from regulars import Again, AuthError, Fine, Limit, PlatformError, RequestPolicy, Response, Verdict

HOST = "api.postbox.example"


def judge(answer: Response) -> Verdict:
    """What an answer means."""
    if answer.status in (401, 403):
        return AuthError("Postbox refuses the key", hint="Make a new one under Account > Keys")
    if answer.status == 429:
        return Again("too many requests", float(answer.headers.get("retry-after", 1)), nothing_happened=True)
    if answer.status >= 500:
        return Again(f"it answered {answer.status}")
    return Fine() if answer.status == 200 else PlatformError(f"Postbox answered {answer.status}")


POLICY = RequestPolicy(
    platform="Postbox",
    base_url=f"https://{HOST}",
    hosts=frozenset({HOST}),
    judge=judge,
    limits=(Limit("default", capacity=20, per_second=5),),
)
