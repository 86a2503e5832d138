"""Contacts over HTTP: list, read, search, create, update, batches, merge, archive, privacy deletion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from regulars.testing import Answer

from regulars_hubspot.sandbox.contacts import stamp
from regulars_hubspot.sandbox.portal import Call, Route
from regulars_hubspot.sandbox.problem import Body, Problem, invalid

BATCH = 100
_READ, _WRITE = ("crm.objects.contacts.read",), ("crm.objects.contacts.write",)


def _list(call: Call) -> Answer:
    contacts, asked = call.portal.contacts, call.asked
    limit = call.limit(10, 100)
    rows, after = contacts.page(asked.param("after"), limit, asked.param("archived") == "true")
    body: Body = {"results": [contacts.view(row, _wanted(call)) for row in rows]}
    if after is not None:
        link = f"https://api.hubapi.com{asked.path}?after={after}&limit={limit}"
        body["paging"] = {"next": {"after": after, "link": link}}
    return Answer.of(body)


def _get(call: Call, key: str) -> Answer:
    contacts = call.portal.contacts
    row = contacts.get(key, call.asked.param("idProperty", "hs_object_id"))
    return Answer.of(contacts.view(row, _wanted(call)))


def _search(call: Call) -> Answer:
    portal, asked = call.portal, call.body()
    rows, total, after = portal.index.find(asked, portal.now())
    wanted = asked.get("properties") or []
    contacts = portal.contacts
    body: Body = {
        "total": total,
        "results": [
            contacts.view(contacts.rows.get(held["hs_object_id"]) or _ghost(held), wanted, held) for held in rows
        ],
    }
    if after is not None:
        body["paging"] = {"next": {"after": str(after)}}
    return Answer.of(body)


def _create(call: Call) -> Answer:
    contacts, values = call.portal.contacts, _values(call.body())
    call.portal.touched("contact created")
    contacts.check(None, values, call.dated)
    row = contacts.create(values, call.portal.now())
    return Answer.of(contacts.view(row, list(values)), 201)


def _update(call: Call, key: str) -> Answer:
    contacts, values = call.portal.contacts, _values(call.body())
    call.portal.touched("contact updated", values)
    row = contacts.get(key, call.asked.param("idProperty", "hs_object_id"))
    contacts.check(row, values, call.dated)
    contacts.put(row, values, call.portal.now())
    return Answer.of(contacts.view(row, list(values)))


def _batch_read(call: Call) -> Answer:
    contacts, asked = call.portal.contacts, call.body()
    found: list[Body] = []
    missing: list[str] = []
    for one in _inputs(asked):
        try:
            row = contacts.get(str(one["id"]), asked.get("idProperty") or "hs_object_id")
            found.append(contacts.view(row, asked.get("properties") or []))
        except Problem:
            missing.append(str(one["id"]))
    text = "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid."
    return _batch(call, found, [_absent(text, {"ids": missing})] if missing else [])


def _batch_create(call: Call) -> Answer:
    contacts, given = call.portal.contacts, [_values(one) for one in _inputs(call.body())]
    call.portal.touched("contacts created")
    for values in given:
        contacts.check(None, values, call.dated)
    rows = [contacts.create(values, call.portal.now()) for values in given]
    return _batch(call, [contacts.view(row, []) for row in rows], [], 201)


def _batch_update(call: Call) -> Answer:
    """All or nothing where a value is not valid; unknown ids are named; an id that is no number is
    passed over without a word."""
    contacts, inputs = call.portal.contacts, _inputs(call.body())
    if kind := next((one["idProperty"] for one in inputs if one.get("idProperty")), None):
        raise invalid(f"Unable to perform update/upsert by non-unique 0-1 property {kind}")
    if len({str(one["id"]) for one in inputs}) < len(inputs):
        raise invalid("Duplicate ids in one batch")
    work: list[tuple[Body, dict[str, str]]] = []
    absent: list[Body] = []
    for one in inputs:
        values, key = _values(one), str(one["id"])
        call.portal.touched("contacts updated", values)
        row = contacts.rows.get(key)
        if row is None or row["archived"]:
            contacts.check(None, values, False)
            text = f"No contact with ID {key} exists"
            absent += [_absent(text, {"objectType": ["contact"], "id": [key]})] if key.isdigit() else []
            continue
        contacts.check(row, values, call.dated)
        work.append((row, values))
    for row, values in work:
        contacts.put(row, values, call.portal.now())
    return _batch(call, [contacts.view(row, list(values)) for row, values in work], absent)


def _batch_archive(call: Call) -> Answer:
    call.portal.touched("contacts archived")
    for one in _inputs(call.body()):
        call.portal.contacts.archive(str(one["id"]), call.portal.now())
    return Answer(204)


def _archive(call: Call, key: str) -> Answer:
    call.portal.touched("contact archived")
    call.portal.contacts.archive(key, call.portal.now())
    return Answer(204)


def _merge(call: Call) -> Answer:
    asked, contacts = call.body(), call.portal.contacts
    call.portal.touched("contacts merged")
    row = contacts.merge(str(asked["primaryObjectId"]), str(asked["objectIdToMerge"]), call.portal.now())
    return Answer.of(contacts.view(row, []))


def _forget(call: Call) -> Answer:
    asked, portal = call.body(), call.portal
    portal.touched("contact deleted")
    key = str(asked["objectId"])
    if asked.get("idProperty") == "email" and key.lower() not in portal.contacts.owner:
        portal.contacts.blocked.add(key.lower())
        return Answer(204)
    row = portal.contacts.get(key, asked.get("idProperty") or "hs_object_id")
    portal.contacts.forget(row["id"])
    portal.lists.leave_all(row["id"])
    return Answer(204)


def _wanted(call: Call) -> list[str]:
    given = [value for name, value in call.asked.query if name == "properties"]
    return [name for value in given for name in value.split(",") if name]


def _values(asked: Any) -> dict[str, str]:
    properties = asked.get("properties") if isinstance(asked, dict) else None
    if not isinstance(properties, dict):
        raise invalid("Invalid input JSON: properties must be an object")
    return {name: _text(value) for name, value in properties.items() if value is not None}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _inputs(asked: Body) -> Sequence[Body]:
    inputs = asked.get("inputs")
    if not isinstance(inputs, list) or not inputs:
        raise invalid("Invalid input JSON: inputs must be a list that holds something")
    if len(inputs) > BATCH:
        raise invalid(f"The maximum number of inputs is {BATCH}, there are {len(inputs)}")
    return inputs


def _batch(call: Call, results: list[Body], errors: list[Body], status: int = 200) -> Answer:
    at = stamp(call.portal.now())
    body: Body = {"status": "COMPLETE", "results": results, "startedAt": at, "completedAt": at}
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    return Answer.of(body, 207 if errors else status)


def _absent(text: str, context: Body) -> Body:
    return {"status": "error", "category": "OBJECT_NOT_FOUND", "message": text, "context": context}


def _ghost(held: dict[str, str]) -> Body:
    """A contact that is gone while the index still shows it."""
    return {
        "id": held["hs_object_id"],
        "properties": held,
        "createdAt": held["createdate"],
        "updatedAt": held["lastmodifieddate"],
        "archived": False,
    }


ROUTES = (
    Route("GET", "", _READ, _list),
    Route("POST", "", _WRITE, _create),
    Route("POST", "/search", _READ, _search, searching=True),
    Route("POST", "/batch/read", _READ, _batch_read),
    Route("POST", "/batch/create", _WRITE, _batch_create),
    Route("POST", "/batch/update", _WRITE, _batch_update),
    Route("POST", "/batch/archive", _WRITE, _batch_archive),
    Route("POST", "/merge", _WRITE, _merge),
    Route("POST", "/gdpr-delete", _WRITE, _forget),
    Route("GET", "/([^/]+)", _READ, _get),
    Route("PATCH", "/([^/]+)", _WRITE, _update),
    Route("DELETE", "/([^/]+)", _WRITE, _archive),
)
