"""From Mailchimp's answers to outcomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from regulars import Change, Outcome, PlatformError, RegularsError, Response, SetField, UnknownOutcomeError

from regulars_mailchimp.client import MailchimpClient
from regulars_mailchimp.models import same, text

Outcomes = list[Outcome]
Groups = Sequence[Sequence[Change]]


def settled(
    client: MailchimpClient, groups: Groups, call: Callable[[Any], Outcomes], alone: bool = True
) -> Outcomes:
    """`call` of each group, a few at a time. A group's error becomes its outcomes, so that the others' are
    kept; where nothing at all was written, and nothing else either (`alone`), it is raised."""

    def attempt(group: Any) -> Outcomes | RegularsError:
        try:
            return call(group)
        except RegularsError as fault:
            return fault

    done = client.parallel(attempt, groups)
    faults = [result for result in done if isinstance(result, RegularsError)]
    if alone and done and len(faults) == len(done) and not any(isinstance(x, UnknownOutcomeError) for x in faults):
        raise faults[0]
    return [
        outcome
        for group, result in zip(groups, done, strict=True)
        for outcome in (failed(group, result) if isinstance(result, RegularsError) else result)
    ]


def failed(group: Sequence[Change], fault: RegularsError) -> Outcomes:
    """What an error says about changes."""
    unknown = isinstance(fault, UnknownOutcomeError)
    return [Outcome(change, "unknown" if unknown else "rejected", str(fault)) for change in group]


def told(response: Response) -> dict[str, Any]:
    """What a write left. Raises UnknownOutcomeError where the answer cannot be read."""
    try:
        return dict(response.json())
    except (PlatformError, TypeError, ValueError):
        raise UnknownOutcomeError("the answer to a write cannot be read", where=response.url) from None


def compared(change: SetField, got: Mapping[str, Any]) -> Outcome:
    """Mailchimp ignores a merge tag that it does not know and still says 200, so that the answer is
    compared with what was sent."""
    if change.field not in got:
        return Outcome(change, "rejected", f"the audience has no merge field {change.field}")
    if not same(change.value, got[change.field]):
        return Outcome(change, "rejected", f"Mailchimp kept {text(got[change.field])!r} instead")
    return Outcome(change, "written")
