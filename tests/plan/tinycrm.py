"""A platform in a hundred lines: people with fields and lists, and a log of every write that arrived."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from regulars.changes import AddressChange, Change, IssueCode, JoinList, LeaveList, Outcome, SetField
from regulars.connector import (
    CheckReport,
    Connector,
    FieldSpec,
    Held,
    Missing,
    Price,
    Settings,
    Writes,
)
from regulars.errors import UnknownOutcomeError
from regulars.http import Again, Fine, Http, RequestPolicy, Response, Verdict
from regulars.testing import Answer, Asked, Sandbox, World

BATCH = 20
WRITES = Writes("rg_", "rg:", frozenset({"text", "number", "date", "enumeration"}), BATCH, "own_field")


class TinySandbox(Sandbox):
    """`people`: id -> {email, state, fields, lists, at}. `writes`: every change that took effect."""

    def __init__(self, clock, seed=0):
        super().__init__(clock, seed)
        self.people: dict[str, dict[str, Any]] = {}
        self.fields: list[str] = []
        self.writes: list[list[Any]] = []
        self.account = "tiny-1"
        self.mails = False
        self.pending: list[str] = []  # a mail platform makes a pending member of a new address
        self.codes: set[str | None] = set()
        self.deaf: set[str] = set()  # records that say yes and change nothing
        self.bad: set[str] = set()  # values that are refused

    def person(self, key: str, email: str | None = None, **fields: str) -> None:
        self.people[key] = {"email": email or f"{key}@example.test", "state": "subscribed", "fields": fields,
                            "lists": [], "at": self.clock.now().isoformat()}  # fmt: skip

    def respond(self, asked: Asked) -> Answer:
        match asked.method, asked.path:
            case "GET", "/me":
                return Answer.of({"id": self.account})
            case "GET", "/people":
                ids = asked.param("ids").split(",")
                return Answer.of({key: self.people[key] for key in ids if key in self.people})
            case "GET", "/fields":
                return Answer.of(self.fields)
            case "POST", "/fields":
                self.fields += asked.json()
                return Answer.of({})
            case "POST", "/write":
                return Answer.of([self._write(*row) for row in asked.json()])
        return Answer.of({}, 404)

    def _write(self, kind: str, key: str, name: str, value: str | None) -> str:
        if key not in self.people:
            return "no such person"
        if value in self.bad or (kind == "set" and name not in self.fields):
            return "not a valid value"
        if key in self.deaf:
            return ""
        if value in self.pending:
            return ""
        person = self.people[key]
        self.writes.append([kind, key, name, value])
        person["at"] = self.clock.now().isoformat()
        if kind == "set" and value is None:
            person["fields"].pop(name, None)
        elif kind == "set":
            person["fields"][name] = f"{value}.0" if name == "rg_value" and "." not in value else value
        elif kind == "code":
            self.codes.add(value)
        elif kind == "address" and self.mails:
            self.pending.append(value)
        elif kind == "address":
            person["email"] = value
        elif kind == "join" and name not in person["lists"]:
            person["lists"].append(name)
        elif kind == "leave" and name in person["lists"]:
            person["lists"].remove(name)
        return ""

    def populate(self, world: World) -> None:
        for person in world.people:
            self.person(person.key, person.email)

    def state(self) -> Any:
        return json.loads(json.dumps({"people": self.people, "fields": self.fields, "writes": self.writes}))

    def restore(self, state: Any) -> None:
        self.people, self.fields, self.writes = state["people"], state["fields"], state["writes"]

    def credentials(self) -> Mapping[str, str]:
        return {}


class TinySettings(Settings):
    pass


class TinyDestination:
    most = BATCH

    def __init__(self, settings: TinySettings, http: Http) -> None:
        self.http = http

    def held(self, ids: Sequence[str], fields: Sequence[str], lists: Sequence[str]) -> Mapping[str, Held]:
        rows = self.http.request("GET", "/people", params={"ids": ",".join(ids)}).json()
        return {
            key: Held(
                {name: row["fields"].get(name) for name in fields},
                frozenset(lists) & set(row["lists"]),
                row["email"],
                row["state"],
            )
            for key, row in rows.items()
        }

    def missing(self, fields: Sequence[FieldSpec], lists: Sequence[str]) -> Missing:
        there = self.http.request("GET", "/fields").json()
        return Missing(tuple(spec for spec in fields if spec.name not in there))

    def provision(self, missing: Missing) -> None:
        self.http.request("POST", "/fields", json=[spec.name for spec in missing.fields])

    def write(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        assert len({change.id for change in changes}) <= self.most
        assert len({type(change) for change in changes}) == 1
        response = self.http.request("POST", "/write", json=[_row(change) for change in changes])
        try:
            said = json.loads(response.body)
        except ValueError:
            raise UnknownOutcomeError("the answer cannot be read", where="tinycrm") from None
        return [
            Outcome(change, "rejected" if why else "written", why)
            for change, why in zip(changes, said, strict=True)
        ]

    def price(self, changes: Sequence[Change]) -> Price:
        batches = -(-len(changes) // BATCH)
        return Price(batches, batches)


def _row(change: Change) -> list[str | None]:
    match change:
        case SetField(id=key, field=name, value=value):
            return ["set", key, name, value]
        case JoinList(id=key, list=name):
            return ["join", key, name, "in"]
        case LeaveList(id=key, list=name):
            return ["leave", key, name, None]
        case AddressChange(id=key, new=new):
            return ["address", key, "email", new]
        case IssueCode(id=key, code=code):
            return ["code", key, "code", code]
    raise AssertionError(change)


def _judge(response: Response) -> Verdict:
    return Again("busy") if response.status >= 500 else Fine()


def connector(role: str = "crm") -> Connector:
    return Connector(
        name="tinycrm",
        title="TinyCRM",
        role=role,  # type: ignore[arg-type]
        api_version="1",
        settings=TinySettings,
        policy=lambda _: RequestPolicy("tinycrm", "http://127.0.0.1:1", frozenset({"127.0.0.1:1"}), _judge),
        check=lambda _, http: CheckReport(http.request("GET", "/me").json()["id"], "Tiny"),
        destination=TinyDestination,
        writes=replace(WRITES, address_change="pending_member") if role == "mail" else WRITES,
        sandbox=TinySandbox,
    )
