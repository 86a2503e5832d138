"""A toy platform and its connector, which keeps the contract but for one flaw at a time.

It shows what a connector needs at least, and that the suite notices each flaw.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import Field
from regulars import (
    Again,
    AuthError,
    Change,
    CheckReport,
    Connector,
    Discovery,
    Fine,
    FoundField,
    FoundList,
    Held,
    Http,
    JoinList,
    LeaveList,
    Missing,
    Outcome,
    Page,
    PlatformError,
    Price,
    RefusedError,
    RequestPolicy,
    Response,
    Secret,
    SetField,
    Settings,
    UnknownOutcomeError,
    Verdict,
    Writes,
)
from regulars.testing import Answer, Asked, Sandbox, World

PAGE = 50
TOKEN = "toy-token-5e1f"


class ToySettings(Settings):
    token: Secret = Field(description="The toy's token")


class ToySandbox(Sandbox):
    """People in the order of their last change; a write sets fields or lists of one person."""

    def __init__(self, clock, seed=0):
        super().__init__(clock, seed)
        self.people: dict[str, dict[str, Any]] = {}
        self.fields: list[str] = []
        self.changes = 0

    def populate(self, world: World) -> None:
        for number, person in enumerate(world.people):
            facts = {"email": person.email, "name": person.first_name}
            held = self.people.get(str(number + 1), {})
            if {name: held.get(name) for name in facts} != facts:
                self._touch({**held, "id": str(number + 1), **facts})

    def respond(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != TOKEN:
            return Answer.of({}, 401)
        match asked.method, asked.path:
            case "GET", "/me":
                return Answer.of({"id": "toy"})
            case "GET", "/people":
                after = int(asked.param("after", "0"))
                some = sorted((p for p in self.people.values() if p["n"] > after), key=lambda p: p["n"])
                return Answer.of(some[:PAGE])
            case "GET", "/person":
                return Answer.of([p for p in self.people.values() if p["id"] in asked.param("ids").split(",")])
            case "GET", "/fields":
                return Answer.of(self.fields)
            case "POST", "/fields":
                self.fields = sorted({*self.fields, *asked.json()})
                return Answer.of({})
            case "POST", "/set" if asked.json()["id"] in self.people:
                body = asked.json()
                self._touch({**self.people[body["id"]], **body})
                return Answer.of({})
        return Answer.of({}, 404)

    def state(self):
        return {"people": self.people, "fields": self.fields, "changes": self.changes}

    def restore(self, state):
        self.people, self.fields, self.changes = state["people"], state["fields"], state["changes"]

    def credentials(self) -> Mapping[str, str]:
        return {"token": TOKEN}

    def _touch(self, person: dict[str, Any]) -> None:
        self.changes += 1
        self.people[person["id"]] = {**person, "n": self.changes, "at": self.clock.now().isoformat()}


class Toy:
    """Source and destination of the toy."""

    def __init__(self, settings: ToySettings, http: Http, flaw: str = "") -> None:
        self.http, self.flaw = http, flaw
        self.headers = {"Authorization": settings.token}
        if self.flaw == "logs the token":
            logging.getLogger("toy").debug("token %s", settings.token.reveal())

    def get(self, path: str, **params: str) -> Any:
        answer = self.http.request("GET", path, params=params, headers=self.headers)
        if answer.status == 404:
            raise PlatformError("the toy knows no such thing", where=path)
        return answer.json()

    # --- reading ---

    def streams(self) -> Sequence[str]:
        return ("people",)

    def pages(self, stream: str, cursor: str | None) -> Iterator[Page]:
        after = int(cursor or 0)
        while True:
            try:
                people = self.get("/people", after=str(after))
            except (PlatformError, AuthError):
                if self.flaw == "takes an error for the end":
                    return
                raise
            if not people:
                return
            last = people[-1]["n"]
            if self.flaw == "skips a record":
                people = people[:-1]
            ahead = last + PAGE if self.flaw == "cursor runs ahead" else last
            yield Page({"person": [self.person(p) for p in people]}, str(ahead))
            after = last

    def person(self, p: Mapping[str, Any]) -> dict[str, Any]:
        at = datetime.fromisoformat(p["at"])
        record = dict.fromkeys(["created_at", "phone", "last_name", "country", "company"])
        record |= {"id": p["id"], "updated_at": at, "email": p["email"], "first_name": p["name"]}
        record |= {"other_emails": [], "tags": [], "held": "{}", "lists": p.get("lists", []), "custom": "{}"}
        if self.flaw == "naive instants":
            record["updated_at"] = at.replace(tzinfo=None)
        if self.flaw == "forgets a field":
            del record["phone"]
        if self.flaw == "is not stable":
            record["custom"] = f'{{"read": "{self.http.clock.now()}"}}'
        return record

    # --- writing ---

    def held(self, ids: Sequence[str], fields: Sequence[str], lists: Sequence[str]) -> Mapping[str, Held]:
        try:
            people = self.get("/person", ids=",".join(ids))
        except PlatformError:
            if self.flaw == "takes a failed look-up for absence":
                return {}
            raise
        return {
            p["id"]: Held({f: p.get(f) for f in fields}, frozenset(p.get("lists", [])) & frozenset(lists))
            for p in people
        }

    def missing(self, fields, lists) -> Missing:
        known = self.get("/fields")
        return Missing(tuple(f for f in fields if f.name not in known))

    def provision(self, missing: Missing) -> None:
        names = [f.name for f in missing.fields]
        self.http.request("POST", "/fields", json=names, headers=self.headers, reads=True)

    def write(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        return [self.write_one(change) for change in changes]

    def write_one(self, change: Change) -> Outcome:
        match change:
            case SetField(id=who, field=name, value=value):
                if not name.startswith("toy_") and self.flaw != "writes anywhere":
                    raise RefusedError("not ours", where=name)
                body = {"id": who, name: value}
                if self.flaw == "clears neighbours":
                    body = {"toy_t0": None, "toy_t1": None, **body}
            case JoinList(id=who, list=name) | LeaveList(id=who, list=name):
                lists = set(self.get("/person", ids=who)[0].get("lists", []))
                lists = lists | {name} if isinstance(change, JoinList) else lists - {name}
                body = {"id": who, "lists": sorted(lists)}
                if self.flaw == "subscribes":
                    body["status"] = "subscribed"
            case _:
                return Outcome(change, "rejected", "the toy cannot do this")
        return self.send(change, body)

    def send(self, change: Change, body: Mapping[str, Any]) -> Outcome:
        again = self.flaw == "sends writes again"
        try:
            answer = self.http.request("POST", "/set", json=body, headers=self.headers, reads=again)
        except UnknownOutcomeError:
            return Outcome(change, "written" if self.flaw == "claims what it does not know" else "unknown")
        known = answer.status == 200 or self.flaw == "claims strangers"
        return Outcome(change, "written") if known else Outcome(change, "rejected", "unknown id")

    def price(self, changes: Sequence[Change]) -> Price:
        return Price(len(changes), 1)


def judge(answer: Response) -> Verdict:
    if answer.status == 401:
        return AuthError("the toy refuses the token")
    if answer.status == 429:
        return Again("too fast", 7, nothing_happened=True)
    if answer.status >= 500:
        return Again("down")
    return Fine() if answer.status in (200, 404) else PlatformError(f"answered {answer.status}")


def check(settings: ToySettings, http: Http) -> CheckReport:
    return CheckReport(Toy(settings, http).get("/me")["id"], "Toy")


def discover(settings: ToySettings, http: Http, flaw: str = "") -> Discovery:
    toy = Toy(settings, http)
    known, people = toy.get("/fields"), toy.get("/people", after="0")
    while more := toy.get("/people", after=str(people[-1]["n"])):
        people += more
    if flaw == "makes a field while it looks":
        toy.http.request("POST", "/fields", json=["toy_t0", "toy_t1"], headers=toy.headers, reads=True)
    share = sum(bool(p["email"]) for p in people) * (100 if flaw == "tells per cent" else 1) / len(people)
    ours = flaw != "does not know its own"
    fields = [FoundField("email", "text", filled=share), *(FoundField(f, "text", ours=ours) for f in known)]
    names = sorted({name for p in people for name in p.get("lists", ())})
    lists = tuple(FoundList(name, name, "list", ours=name.startswith("toy-")) for name in names)
    return Discovery(lists, tuple(fields), (("zone", "UTC"),), 0 if flaw == "counted nobody" else len(people))


def connector(flaw: str = "") -> Connector:
    return Connector(
        name="toy",
        title="Toy",
        role="crm",
        api_version="1",
        settings=ToySettings,
        policy=lambda _: RequestPolicy(
            "toy", "https://toy.example.test", frozenset({"toy.example.test"}), judge, attempts=3
        ),
        check=check,
        source=lambda settings, http, extra: Toy(settings, http, flaw),
        destination=lambda settings, http: Toy(settings, http, flaw),
        writes=Writes("toy_", "toy-", frozenset({"text", "number"}), 10, "own_field"),
        discover=lambda settings, http: discover(settings, http, flaw),
        sandbox=ToySandbox,
    )
