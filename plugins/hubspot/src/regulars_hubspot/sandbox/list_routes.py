"""Lists and their memberships over HTTP. Every write needs the read scope too."""

from __future__ import annotations

from urllib.parse import unquote

from regulars.testing import Answer

from regulars_hubspot.sandbox.contacts import stamp
from regulars_hubspot.sandbox.object_routes import BATCH
from regulars_hubspot.sandbox.portal import Call, Route
from regulars_hubspot.sandbox.problem import Body, invalid

_READ, _WRITE = ("crm.lists.read",), ("crm.lists.read", "crm.lists.write")


def _create(call: Call) -> Answer:
    return Answer.of({"list": call.portal.lists.create(call.body(), call.portal.now())})


def _search(call: Call) -> Answer:
    return Answer.of(call.portal.lists.search(call.body()))


def _get(call: Call, key: str) -> Answer:
    lists = call.portal.lists
    return Answer.of({"list": lists.view(lists.get(key))})


def _named(call: Call, _type: str, name: str) -> Answer:
    lists = call.portal.lists
    return Answer.of({"list": lists.view(lists.named(unquote(name)))})


def _members(call: Call, key: str) -> Answer:
    return Answer.of(call.portal.lists.page(key, call.limit(100, 250), call.asked.param("after")))


def _add(call: Call, key: str) -> Answer:
    return _change(call, key, call.json(), [])


def _remove(call: Call, key: str) -> Answer:
    return _change(call, key, [], call.json())


def _both(call: Call, key: str) -> Answer:
    asked = call.body()
    return _change(call, key, asked.get("recordIdsToAdd", []), asked.get("recordIdsToRemove", []))


def _change(call: Call, key: str, add: object, remove: object) -> Answer:
    rows = call.portal.contacts.rows
    known = {key for key, row in rows.items() if not row["archived"]}
    return Answer.of(call.portal.lists.change(key, add, remove, known, call.portal.now()))


def _records(call: Call) -> Answer:
    inputs = call.body().get("inputs")
    if not isinstance(inputs, list) or len(inputs) > BATCH:
        raise invalid(f"inputs must be a list of at most {BATCH}")
    at = stamp(call.portal.now())
    results: list[Body] = [
        {**one, "recordListMemberships": call.portal.lists.of_record(str(one["recordId"]))} for one in inputs
    ]
    return Answer.of({"status": "COMPLETE", "results": results, "startedAt": at, "completedAt": at})


ROUTES = (
    Route("POST", "", _WRITE, _create),
    Route("POST", "/search", _READ, _search),
    Route("POST", "/records/memberships/batch/read", _READ, _records),
    Route("GET", "/object-type-id/([^/]+)/name/(.+)", _READ, _named),
    Route("GET", "/([^/]+)/memberships", _READ, _members),
    Route("PUT", "/([^/]+)/memberships/add", _WRITE, _add),
    Route("PUT", "/([^/]+)/memberships/remove", _WRITE, _remove),
    Route("PUT", "/([^/]+)/memberships/add-and-remove", _WRITE, _both),
    Route("GET", "/([^/]+)", _READ, _get),
)
