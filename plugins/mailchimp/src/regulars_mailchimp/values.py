"""Writing our merge fields: one request a member, or one batch for very many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from regulars import Outcome, SetField, UnknownOutcomeError

from regulars_mailchimp import batches, fields
from regulars_mailchimp.batches import Operation
from regulars_mailchimp.client import MailchimpClient
from regulars_mailchimp.models import Problem
from regulars_mailchimp.outcomes import Outcomes, compared, failed, settled, told

BATCH_FROM = 1000
"""From so many members on a batch, which waits in Mailchimp's queue, beats single requests."""


def write(client: MailchimpClient, changes: Sequence[SetField]) -> Outcomes:
    """An outcome for each change, in any order."""
    by_id: dict[str, list[SetField]] = {}
    for change in changes:
        by_id.setdefault(change.id, []).append(change)
    groups = list(by_id.values())
    if len(groups) < BATCH_FROM or any(field.required for field in fields.defined(client).values()):
        # A batch cannot say that another, required merge field may stay empty.
        return settled(client, groups, lambda group: _set(client, group))
    return _in_one(client, by_id)


def _set(client: MailchimpClient, changes: list[SetField]) -> Outcomes:
    """All fields of one member in one request."""
    path = f"{client.list}/members/{changes[0].id}"
    # Another, required merge field that is empty must not keep ours from being written.
    response = client.send("PATCH", path, params={"skip_merge_validation": "true"}, json=_body(changes))
    problem = Problem.read(response)
    if response.status == 200:
        got = told(response).get("merge_fields") or {}
        return [compared(change, got) for change in changes]
    wrong = problem.wrong_fields
    fine = [change for change in changes if change.field not in wrong]
    bad = [Outcome(c, "rejected", wrong[c.field]) for c in changes if c.field in wrong]
    if bad and fine:  # nothing was written; the others need not suffer
        return bad + _set(client, fine)
    return bad or [Outcome(change, "rejected", problem.words) for change in changes]


def _in_one(client: MailchimpClient, by_id: dict[str, list[SetField]]) -> Outcomes:
    """All of them in one batch; whoever was refused in it is tried alone, which tells why."""
    operations = [
        Operation(contact_id, "PATCH", f"/{client.list}/members/{contact_id}", _body(changes))
        for contact_id, changes in by_id.items()
    ]
    try:
        results = batches.run(client, operations)
    except UnknownOutcomeError as fault:
        return [outcome for group in by_id.values() for outcome in failed(group, fault)]
    done: Outcomes = []
    again: list[list[SetField]] = []
    for contact_id, changes in by_id.items():
        status, body = results.get(contact_id, (0, {})) if results is not None else (400, {})
        if status == 200:
            done += [compared(change, body.get("merge_fields") or {}) for change in changes]
        elif 400 <= status < 500:
            again.append(changes)
        else:
            done += [
                Outcome(change, "unknown", f"its part of the batch ended with {status}") for change in changes
            ]
    return done + settled(client, again, lambda group: _set(client, group), alone=not done)


def _body(changes: Sequence[SetField]) -> dict[str, Any]:
    return {"merge_fields": {change.field: change.value or "" for change in changes}}
