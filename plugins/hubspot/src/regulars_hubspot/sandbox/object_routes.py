"""Records over HTTP: list, read, search, create, update, merge, archive, privacy deletion."""

from __future__ import annotations

from typing import Any

from regulars.testing import Answer

from regulars_hubspot.sandbox.batch_routes import ROUTES as BATCHES
from regulars_hubspot.sandbox.kinds import CONTACT, NAMED
from regulars_hubspot.sandbox.portal import Call, Route
from regulars_hubspot.sandbox.problem import Body, Problem, invalid
from regulars_hubspot.sandbox.values import values_of

_READ, _WRITE = ("crm.objects.{}.read",), ("crm.objects.{}.write",)


def _list(call: Call) -> Answer:
    asked = call.asked
    with_history = bool(asked.param("propertiesWithHistory"))
    limit = call.limit(10, 50 if with_history else 100)
    rows, after = call.objects.page(asked.param("after"), limit, call.archived)
    body: Body = {"results": [_seen(call, row) for row in rows]}
    if after is not None:
        link = f"https://api.hubapi.com{asked.path}?after={after}&limit={limit}"
        body["paging"] = {"next": {"after": after, "link": link}}
    return Answer.of(body)


def _get(call: Call, key: str) -> Answer:
    asked = call.asked
    if call.archived and (row := call.objects.rows.get(key)) is not None and row["archived"]:
        return Answer.of(_seen(call, row))
    return Answer.of(_seen(call, call.objects.get(key, asked.param("idProperty") or "hs_object_id")))


def _search(call: Call) -> Answer:
    asked, objects = call.body(), call.objects
    rows, total, after = call.portal.indexes[call.kind.name].find(asked, call.portal.now())
    wanted = asked.get("properties") or []
    found = [
        objects.view(objects.rows.get(held["hs_object_id"]) or _ghost(call, held), wanted, held) for held in rows
    ]
    body: Body = {"total": total, "results": [{**row, "archived": False} for row in found]}
    if after is not None:
        body["paging"] = {"next": {"after": str(after)}}
    return Answer.of(body)


def _create(call: Call) -> Answer:
    asked, objects = call.body(), call.objects
    values = values_of(asked)
    if call.kind is CONTACT:
        call.portal.touched("contact created")
    objects.check(None, values, call.dated)
    row = objects.create(values, call.portal.now())
    _associate(call, row["id"], asked.get("associations") or [])
    return Answer.of(objects.view(row, list(row["properties"])), 201)


def _update(call: Call, key: str) -> Answer:
    objects, values = call.objects, values_of(call.body())
    if call.kind is CONTACT:
        call.portal.touched("contact updated", values)
    row = objects.get(key, call.asked.param("idProperty") or "hs_object_id")
    objects.check(row, values, call.dated)
    objects.put(row, values, call.portal.now())
    return Answer.of(objects.view(row, list(values)))


def _archive(call: Call, key: str) -> Answer:
    call.portal.touched(f"{call.kind.singular} archived")
    call.objects.archive(key, call.portal.now())
    return Answer(204)


def _merge(call: Call) -> Answer:
    asked, portal = call.body(), call.portal
    portal.touched(f"{call.kind.singular}s merged")
    primary, loser = str(asked["primaryObjectId"]), str(asked["objectIdToMerge"])
    row = call.objects.merge(primary, loser, portal.now())
    for gone in {primary, loser} - {row["id"]}:
        portal.lists.take_over(gone, row["id"])
        portal.associations.take_over(call.kind, gone, row["id"])
    return Answer.of(call.objects.view(row, []))


def _forget(call: Call) -> Answer:
    asked, portal = call.body(), call.portal
    if call.kind is not CONTACT:
        raise Problem(404, "NOT_FOUND", "Only contacts can be deleted for privacy reasons here")
    portal.touched("contact deleted")
    key = str(asked["objectId"])
    if asked.get("idProperty") == "email" and key.lower() not in portal.contacts.owner:
        portal.contacts.blocked.add(key.lower())
        return Answer(204)
    row = portal.contacts.get(key, asked.get("idProperty") or "hs_object_id")
    portal.contacts.forget(row["id"])
    portal.lists.leave_all(row["id"])
    portal.associations.leave_all(CONTACT, row["id"])
    return Answer(204)


def _associate(call: Call, key: str, given: list[Any]) -> None:
    for one in given:
        try:
            types = [int(kind["associationTypeId"]) for kind in one["types"]]
            to = str(one["to"]["id"])
        except (KeyError, TypeError, ValueError):
            raise invalid("An association needs `to` with an id, and `types`") from None
        other = next((k for k in dict.fromkeys(NAMED.values()) if to in call.portal.objects[k.name].rows), None)
        if other is None:
            raise invalid(f"No record with ID {to} to associate with")
        call.portal.associations.add(call.kind, key, other, to, types)


def _seen(call: Call, row: Body) -> Body:
    """A record with what a read asked for: properties, their history, associations."""
    seen = call.objects.view(row, _named(call, "properties"))
    if history := _named(call, "propertiesWithHistory"):
        values, at = row["properties"], row["updatedAt"]
        seen["propertiesWithHistory"] = {
            n: [{"value": values[n], "timestamp": at, "sourceType": "API"}] if n in values else [] for n in history
        }
    for name in _named(call, "associations"):
        if (other := NAMED.get(name.lower())) is None:
            raise invalid(f"Unknown object type {name}")
        found = call.portal.associations.of(call.kind, row["id"], other)
        label = f"{call.kind.singular}_to_{other.singular}"
        if found:
            rows = [{"id": to, "type": label} for to in found]
            seen.setdefault("associations", {})[other.name] = {"results": rows}
    return seen


def _named(call: Call, name: str) -> list[str]:
    given = [value for key, value in call.asked.query if key == name]
    return [one for value in given for one in value.split(",") if one]


def _ghost(call: Call, held: dict[str, str]) -> Body:
    """A record that is gone while the index still shows it."""
    return {
        "id": held["hs_object_id"],
        "properties": held,
        "createdAt": held[call.kind.created],
        "updatedAt": held[call.kind.modified],
        "archived": False,
    }


ROUTES = (
    Route("GET", "", _READ, _list),
    Route("POST", "", _WRITE, _create),
    Route("POST", "/search", _READ, _search),
    *BATCHES,
    Route("POST", "/merge", _WRITE, _merge),
    Route("POST", "/gdpr-delete", _WRITE, _forget),
    Route("GET", "/([^/]+)", _READ, _get),
    Route("PATCH", "/([^/]+)", _WRITE, _update),
    Route("DELETE", "/([^/]+)", _WRITE, _archive),
)
