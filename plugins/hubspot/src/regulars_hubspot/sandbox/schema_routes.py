"""Property definitions and groups over HTTP."""

from __future__ import annotations

from regulars.testing import Answer

from regulars_hubspot.sandbox.portal import Call, Route
from regulars_hubspot.sandbox.problem import Body, Problem

_READ, _WRITE = ("crm.schemas.{}.read",), ("crm.schemas.{}.write",)


def _list(call: Call) -> Answer:
    found = call.schema.archived if call.archived else call.schema.live
    return Answer.of({"results": list(found.values())})


def _get(call: Call, name: str) -> Answer:
    return Answer.of(call.schema.get(name))


def _create(call: Call) -> Answer:
    made = call.schema.create(call.body())
    answer = Answer.of(made, 201)
    answer.headers["Location"] = f"https://api.hubapi.com{call.asked.path}/{made['name']}"
    return answer


def _update(call: Call, name: str) -> Answer:
    return Answer.of(call.schema.update(name, call.body()))


def _archive(call: Call, name: str) -> Answer:
    call.schema.archive(name)
    return Answer(204)


def _batch_read(call: Call) -> Answer:
    found: list[Body] = []
    errors: list[Body] = []
    for one in call.inputs():
        try:
            found.append(call.schema.get(str(one["name"])))
        except Problem as problem:
            errors.append({**problem.body, "context": {"name": [str(one["name"])]}})
    return call.batch(found, errors)


def _batch_create(call: Call) -> Answer:
    made: list[Body] = []
    errors: list[Body] = []
    for one in call.inputs():
        try:
            made.append(call.schema.create(one))
        except Problem as problem:
            errors.append({**problem.body, "context": {"name": [str(one.get("name"))]}})
    return call.batch(made, errors, 201)


def _batch_archive(call: Call) -> Answer:
    for one in call.inputs():
        call.schema.archive(str(one["name"]))
    return Answer(204)


def _groups(call: Call) -> Answer:
    return Answer.of({"results": list(call.schema.groups.values())})


def _group(call: Call, name: str) -> Answer:
    return Answer.of(call.schema.group(name))


def _create_group(call: Call) -> Answer:
    return Answer.of(call.schema.create_group(call.body()), 201)


def _update_group(call: Call, name: str) -> Answer:
    return Answer.of(call.schema.update_group(name, call.body()))


def _archive_group(call: Call, name: str) -> Answer:
    call.schema.archive_group(name)
    return Answer(204)


ROUTES = (
    Route("GET", "", _READ, _list),
    Route("POST", "", _WRITE, _create),
    Route("POST", "/batch/read", _READ, _batch_read),
    Route("POST", "/batch/create", _WRITE, _batch_create),
    Route("POST", "/batch/archive", _WRITE, _batch_archive),
    Route("GET", "/groups", _READ, _groups),
    Route("POST", "/groups", _WRITE, _create_group),
    Route("GET", "/groups/([^/]+)", _READ, _group),
    Route("PATCH", "/groups/([^/]+)", _WRITE, _update_group),
    Route("DELETE", "/groups/([^/]+)", _WRITE, _archive_group),
    Route("GET", "/([^/]+)", _READ, _get),
    Route("PATCH", "/([^/]+)", _WRITE, _update),
    Route("DELETE", "/([^/]+)", _WRITE, _archive),
)
