"""Lists and their memberships over HTTP. Every write needs the read scope too."""

from __future__ import annotations

from regulars.testing import Answer

from regulars_hubspot.sandbox.objects import stamp
from regulars_hubspot.sandbox.portal import Call, Route
from regulars_hubspot.sandbox.problem import Body

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
    return Answer.of({"list": lists.view(lists.named(name))})


def _several(call: Call) -> Answer:
    lists = call.portal.lists
    keys = [value for name, value in call.asked.query if name == "listIds"]
    return Answer.of({"lists": [lists.view(lists.rows[key]) for key in keys if key in lists.rows]})


def _rename(call: Call, key: str) -> Answer:
    return Answer.of({"updatedList": call.portal.lists.rename(key, call.asked.param("listName"))})


def _delete(call: Call, key: str) -> Answer:
    call.portal.touched("list deleted")
    call.portal.lists.delete(key)
    return Answer(204)


def _bring_back(call: Call, key: str) -> Answer:
    call.portal.lists.bring_back(key)
    return Answer(204)


def _empty(call: Call, key: str) -> Answer:
    call.portal.lists.empty(key)
    return Answer(204)


def _of_record(call: Call, _type: str, record: str) -> Answer:
    return Answer.of({"results": call.portal.lists.of_record(record), "total": None})


def _mapping(call: Call) -> Answer:
    key = call.asked.param("legacyListId")
    call.portal.lists.get(key)
    return Answer.of({"listId": key, "legacyListId": key})


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
    inputs = call.inputs()
    at = stamp(call.portal.now())
    results: list[Body] = [
        {**one, "recordListMemberships": call.portal.lists.of_record(str(one["recordId"]))} for one in inputs
    ]
    return Answer.of({"status": "COMPLETE", "results": results, "startedAt": at, "completedAt": at})


ROUTES = (
    Route("POST", "", _WRITE, _create),
    Route("GET", "", _READ, _several),
    Route("GET", "/idmapping", _READ, _mapping),
    Route("GET", "/records/([^/]+)/([^/]+)/memberships", _READ, _of_record),
    Route("POST", "/search", _READ, _search),
    Route("POST", "/records/memberships/batch/read", _READ, _records),
    Route("GET", "/object-type-id/([^/]+)/name/(.+)", _READ, _named),
    Route("GET", "/([^/]+)/memberships(?:/join-order)?", _READ, _members),
    Route("DELETE", "/([^/]+)/memberships", _WRITE, _empty),
    Route("PUT", "/([^/]+)/update-list-name", _WRITE, _rename),
    Route("PUT", "/([^/]+)/restore", _WRITE, _bring_back),
    Route("DELETE", "/([^/]+)", _WRITE, _delete),
    Route("PUT", "/([^/]+)/memberships/add", _WRITE, _add),
    Route("PUT", "/([^/]+)/memberships/remove", _WRITE, _remove),
    Route("PUT", "/([^/]+)/memberships/add-and-remove", _WRITE, _both),
    Route("GET", "/([^/]+)", _READ, _get),
)
