"""Property definitions and groups over HTTP."""

from __future__ import annotations

from regulars.testing import Answer

from regulars_hubspot.sandbox.portal import Call, Route

_READ, _WRITE = ("crm.schemas.contacts.read",), ("crm.schemas.contacts.write",)


def _list(call: Call) -> Answer:
    schema = call.portal.schema
    found = schema.archived if call.asked.param("archived") == "true" else schema.live
    return Answer.of({"results": list(found.values())})


def _get(call: Call, name: str) -> Answer:
    return Answer.of(call.portal.schema.get(name))


def _create(call: Call) -> Answer:
    made = call.portal.schema.create(call.body())
    answer = Answer.of(made, 201)
    answer.headers["Location"] = f"https://api.hubapi.com{call.asked.path}/{made['name']}"
    return answer


def _update(call: Call, name: str) -> Answer:
    return Answer.of(call.portal.schema.update(name, call.body()))


def _archive(call: Call, name: str) -> Answer:
    call.portal.schema.archive(name)
    return Answer(204)


def _groups(call: Call) -> Answer:
    return Answer.of({"results": list(call.portal.schema.groups.values())})


def _create_group(call: Call) -> Answer:
    return Answer.of(call.portal.schema.create_group(call.body()), 201)


ROUTES = (
    Route("GET", "", _READ, _list),
    Route("POST", "", _WRITE, _create),
    Route("GET", "/groups", _READ, _groups),
    Route("POST", "/groups", _WRITE, _create_group),
    Route("GET", "/([^/]+)", _READ, _get),
    Route("PATCH", "/([^/]+)", _WRITE, _update),
    Route("DELETE", "/([^/]+)", _WRITE, _archive),
)
