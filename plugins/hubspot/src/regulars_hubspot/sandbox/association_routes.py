"""Associations over HTTP: batches of two kinds, and those of one record."""

from __future__ import annotations

from typing import Any

from regulars.testing import Answer

from regulars_hubspot.sandbox.kinds import NAMED, Kind
from regulars_hubspot.sandbox.portal import Call, Route
from regulars_hubspot.sandbox.problem import Body, Problem, invalid, not_found

MOST_READ, MOST_WRITTEN = 1_000, 2_000
_READ, _WRITE = ("crm.objects.{}.read",), ("crm.objects.{}.write",)


def _read(call: Call, to: str) -> Answer:
    other, found = _kind(to), call.portal.associations
    results: list[Body] = []
    errors: list[Body] = []
    for one in call.inputs(MOST_READ):
        key = str(one["id"])
        if there := found.of(call.kind, key, other):
            start = int(one.get("after") or 0)
            rows = [found.view(call.kind, key, other, each) for each in there[start : start + found.page]]
            results.append({"from": {"id": key}, "to": rows})
            if (end := start + found.page) < len(there):
                results[-1]["paging"] = {"next": {"after": str(end)}}
        else:
            errors.append(_none(call.kind, key, other))
    return call.batch(results, errors)


def _create(call: Call, to: str) -> Answer:
    other, results = _kind(to), []
    for one in call.inputs(MOST_WRITTEN):
        key, target = _pair(call, one, other)
        types = [int(kind["associationTypeId"]) for kind in one.get("types") or ()]
        call.portal.associations.add(call.kind, key, other, target, types)
        results.append(_labels(call.kind, key, other, target))
    return call.batch(results, [], 201)


def _default(call: Call, to: str) -> Answer:
    return _create(call, to)


def _archive(call: Call, to: str) -> Answer:
    other = _kind(to)
    for one in call.inputs(MOST_WRITTEN):
        for target in one.get("to") or ():
            call.portal.associations.drop(call.kind, str(one["from"]["id"]), other, str(target["id"]))
    return Answer(204)


def _types(call: Call, to: str) -> Answer:
    found = call.portal.associations.types
    pair = (call.kind.type_id, _kind(to).type_id)
    numbers = {n for key, types in found.items() if (key[0], key[2]) == pair for n in types}
    return Answer.of(
        {"results": [{"category": "HUBSPOT_DEFINED", "typeId": n, "label": None} for n in sorted(numbers)]}
    )


def _of_record(call: Call, key: str, to: str) -> Answer:
    call.objects.get(key)
    other, found = _kind(to), call.portal.associations
    rows = [found.view(call.kind, key, other, each) for each in found.of(call.kind, key, other)]
    start = int(call.asked.param("after") or 0)
    limit = call.limit(500, 500)
    body: Body = {"results": rows[start : start + limit]}
    if start + limit < len(rows):
        body["paging"] = {"next": {"after": str(start + limit)}}
    return Answer.of(body)


def _put(call: Call, key: str, to: str, target: str) -> Answer:
    other, types = _kind(to), _asked_types(call.json())
    _pair(call, {"from": {"id": key}, "to": {"id": target}}, other)
    call.portal.associations.add(call.kind, key, other, target, types)
    return Answer.of(_labels(call.kind, key, other, target), 201)


def _put_default(call: Call, key: str, to: str, target: str) -> Answer:
    other = _kind(to)
    _pair(call, {"from": {"id": key}, "to": {"id": target}}, other)
    types = call.portal.associations.add(call.kind, key, other, target)
    pair = {
        "from": {"id": key},
        "to": {"id": target},
        "associationSpec": {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": min(types)},
    }
    return call.batch([pair], [])


def _drop(call: Call, key: str, to: str, target: str) -> Answer:
    call.portal.associations.drop(call.kind, key, _kind(to), target)
    return Answer(204)


def _kind(name: str) -> Kind:
    if name.lower() not in NAMED:
        raise invalid(f"Unable to infer object type from: {name}")
    return NAMED[name.lower()]


def _pair(call: Call, one: Body, other: Kind) -> tuple[str, str]:
    key, target = str(one["from"]["id"]), str(one["to"]["id"])
    for kind, record in ((call.kind, key), (other, target)):
        row = call.portal.objects[kind.name].rows.get(record)
        if row is None or row["archived"]:
            raise not_found(f"No {kind.singular} with ID {record} exists")
    return key, target


def _asked_types(body: Any) -> list[int]:
    if not isinstance(body, list):
        raise invalid("Invalid input JSON: expected an array of association types")
    return [int(one["associationTypeId"]) for one in body]


def _labels(one: Kind, key: str, other: Kind, to: str) -> Body:
    return {
        "fromObjectTypeId": one.type_id,
        "fromObjectId": int(key),
        "toObjectTypeId": other.type_id,
        "toObjectId": int(to),
        "labels": [],
    }


def _none(one: Kind, key: str, other: Kind) -> Body:
    found = Problem(
        404,
        "OBJECT_NOT_FOUND",
        f"No {other.singular} is associated with {one.singular} {key}.",
        subCategory="crm.associations.NO_ASSOCIATIONS_FOUND",
        context={"fromObjectId": [key], "fromObjectType": [one.singular], "toObjectType": [other.singular]},
    )
    return found.body


BATCHES = (
    Route("POST", "/([^/]+)/batch/read", _READ, _read),
    Route("POST", "/([^/]+)/batch/create", _WRITE, _create),
    Route("POST", "/([^/]+)/batch/associate/default", _WRITE, _default),
    Route("POST", "/([^/]+)/batch/archive", _WRITE, _archive),
    Route("GET", "/([^/]+)/(?:labels|types)", _READ, _types),
)
"""Below `/{kind}`: the kind on the other side comes first."""
OF_RECORD = (
    Route("GET", "/([^/]+)/associations/([^/]+)", _READ, _of_record),
    Route("PUT", "/([^/]+)/associations/default/([^/]+)/([^/]+)", _WRITE, _put_default),
    Route("PUT", "/([^/]+)/associations/([^/]+)/([^/]+)", _WRITE, _put),
    Route("DELETE", "/([^/]+)/associations/([^/]+)/([^/]+)", _WRITE, _drop),
)
"""Below a kind's records."""
