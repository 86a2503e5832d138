"""Batches of records over HTTP: read, create, update, upsert, archive; 100 at a time."""

from __future__ import annotations

from typing import Any

from regulars.testing import Answer

from regulars_hubspot.sandbox.kinds import CONTACT
from regulars_hubspot.sandbox.portal import Call, Route
from regulars_hubspot.sandbox.problem import Body, Problem, invalid
from regulars_hubspot.sandbox.values import values_of

_READ, _WRITE = ("crm.objects.{}.read",), ("crm.objects.{}.write",)


def _read(call: Call) -> Answer:
    asked, objects = call.body(), call.objects
    by = asked.get("idProperty") or "hs_object_id"
    found: list[Body] = []
    missing: list[str] = []
    for one in call.inputs():
        try:
            found.append(objects.view(objects.get(str(one["id"]), by), asked.get("properties") or []))
        except Problem as problem:
            if problem.status != 404:
                raise
            missing.append(str(one["id"]))
    text = (
        f"Could not get some {call.kind.singular.upper()} objects, they may be deleted or not exist."
        " Check that ids are valid."
    )
    return call.batch(found, [_absent(text, {"ids": missing})] if missing else [])


def _create(call: Call) -> Answer:
    """All or nothing; one by one where each input has a trace id of its own."""
    objects, inputs = call.objects, call.inputs()
    if call.kind is CONTACT:
        call.portal.touched("contacts created")
    traces = [one.get("objectWriteTraceId") for one in inputs]
    apart = all(traces) and len(set(traces)) == len(traces)
    made: list[Body] = []
    errors: list[Body] = []
    if not apart:
        for one in inputs:
            objects.check(None, values_of(one), call.dated)
        _refuse_twins(inputs)
    for one, trace in zip(inputs, traces, strict=True):
        try:
            objects.check(None, values_of(one), call.dated)
            row = objects.create(values_of(one), call.portal.now())
        except Problem as problem:
            errors.append({**problem.body, "context": {"objectWriteTraceId": [trace]}})
            continue
        made.append(_traced(objects.view(row, list(row["properties"])), trace))
    return call.batch(made, errors, 201)


def _refuse_twins(inputs: list[Body]) -> None:
    emails = [e for one in inputs if (e := values_of(one).get("email", "").lower())]
    if len(set(emails)) < len(emails):
        raise Problem(409, "CONFLICT", "Contact already exists: the same email twice in one batch")


def _update(call: Call) -> Answer:
    """All or nothing where a value is not valid; unknown ids are named; an id that is no number is
    passed over without a word."""
    objects, inputs, kind = call.objects, call.inputs(), call.kind
    by = _id_property(call, inputs)
    if len({str(one["id"]) for one in inputs}) < len(inputs):
        raise invalid("Duplicate ids in one batch")
    work: list[tuple[Body, dict[str, str], Any]] = []
    absent: list[Body] = []
    for one in inputs:
        values, key = values_of(one), str(one["id"])
        if kind is CONTACT:
            call.portal.touched("contacts updated", values)
        row = objects.holding(by, key) if by else objects.rows.get(key)
        if row is None or row["archived"]:
            objects.check(None, {n: v for n, v in values.items() if not objects.schema.unique(n)}, False)
            text = f"No {kind.singular} with ID {key} exists"
            context = {"objectType": [kind.singular], "id": [key]}
            absent += [_absent(text, context)] if by or key.isdigit() else []
            continue
        objects.check(row, values, call.dated)
        work.append((row, values, one.get("objectWriteTraceId")))
    for row, values, _ in work:
        objects.put(row, values, call.portal.now())
    return call.batch([_traced(objects.view(row, list(values)), trace) for row, values, trace in work], absent)


def _upsert(call: Call) -> Answer:
    """By address (contacts) or by a unique property; an address takes no partial upsert."""
    objects, inputs = call.objects, call.inputs()
    properties = {str(one.get("idProperty") or "") for one in inputs}
    if len(properties) > 1 or "" in properties:
        raise invalid("All inputs of an upsert need one and the same idProperty")
    (by,) = properties
    if (by != "email" and not objects.schema.unique(by)) or (by == "email" and call.kind is not CONTACT):
        raise _not_unique(call, by)
    keys = [str(one.get("id") or "").lower() for one in inputs]
    if len(set(keys)) < len(keys):
        raise invalid("Duplicate ids in one batch")
    work: list[tuple[Body | None, dict[str, str], Any]] = []
    for one in inputs:
        row, values = objects.holding(by, str(one["id"])), values_of(one)
        if by == "email" and row is not None:
            values = _whole(call, row, values)
        if call.kind is CONTACT:
            call.portal.touched("contacts upserted", values if row else None)
        objects.check(row, {by: str(one["id"]), **values}, call.dated)
        work.append((row, {by: str(one["id"]), **values}, one.get("objectWriteTraceId")))
    results: list[Body] = []
    for row, values, trace in work:
        now = call.portal.now()
        if row is None:
            written = objects.create(values, now)
        else:
            objects.put(row, values, now)
            written = row
        results.append(_traced({**objects.view(written, list(values)), "new": row is None}, trace))
    return call.batch(results, [])


def _whole(call: Call, row: Body, values: dict[str, str]) -> dict[str, str]:
    """What an upsert by address writes: partial ones are not supported."""
    mode = call.portal.sparse_email_upsert
    live = call.schema.live
    left_out = [
        n
        for n in row["properties"]
        if n not in values and n != "email" and not live[n]["modificationMetadata"]["readOnlyValue"]
    ]
    if not left_out or mode == "kept":
        return values
    if mode == "clears":
        return {**dict.fromkeys(left_out, ""), **values}
    raise invalid(f"Partial upserts are not supported when using email as the idProperty: {', '.join(left_out)}")


def _archive(call: Call) -> Answer:
    call.portal.touched(f"{call.kind.name} archived")
    for one in call.inputs():
        call.objects.archive(str(one["id"]), call.portal.now())
    return Answer(204)


def _id_property(call: Call, inputs: list[Body]) -> str:
    """The unique property by which a batch names its records, "" for their ids."""
    for one in inputs:
        if (by := str(one.get("idProperty") or "")) and not call.schema.unique(by):
            raise _not_unique(call, by)
    return next((str(one["idProperty"]) for one in inputs if one.get("idProperty")), "")


def _not_unique(call: Call, name: str) -> Problem:
    return invalid(
        f"Unable to perform update/upsert by non-unique {call.kind.type_id} property {name}"
        f" in portal ID {call.portal.number}"
    )


def _traced(row: Body, trace: Any) -> Body:
    return {**row, "objectWriteTraceId": trace} if trace else row


def _absent(text: str, context: Body) -> Body:
    return {"status": "error", "category": "OBJECT_NOT_FOUND", "message": text, "context": context}


ROUTES = (
    Route("POST", "/batch/read", _READ, _read),
    Route("POST", "/batch/create", _WRITE, _create),
    Route("POST", "/batch/update", _WRITE, _update),
    Route("POST", "/batch/upsert", _WRITE, _upsert),
    Route("POST", "/batch/archive", _WRITE, _archive),
)
