"""An invented shop's portal, asked in process or over a port."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from regulars import Http, Page, Secret, SimulatedClock
from regulars.secret import Redactor
from regulars.testing import Answer, Asked, Served, World, WorldPerson
from regulars_hubspot.destination import HubSpotDestination
from regulars_hubspot.policy import policy
from regulars_hubspot.sandbox import HubSpotSandbox
from regulars_hubspot.settings import HubSpotSettings
from regulars_hubspot.source import HubSpotSource

START = datetime(2026, 3, 1, 9, 0, 0, tzinfo=UTC)


@dataclass
class Api:
    """Asks the sandbox as any program would, in process. Paths are those below the area's root."""

    box: HubSpotSandbox
    objects: str = "/crm/objects/2026-09/contacts"
    properties: str = "/crm/properties/2026-09/contacts"
    lists: str = "/crm/lists/2026-09"

    def ask(self, method: str, path: str, body: Any = None, token: str | None = None, **query: Any) -> Answer:
        text = urlencode(query)
        asked = Asked(
            method,
            path,
            tuple((k, str(v)) for k, v in query.items()),
            {"authorization": f"Bearer {token or self.box.token}"},
            b"" if body is None else json.dumps(body).encode(),
            f"{path}?{text}" if text else path,
        )
        return self.box.handle(asked)

    def json(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        answer = self.ask(method, path, body, **query)
        return answer.status, json.loads(answer.body) if answer.body else None

    def create(self, **properties: str) -> str:
        status, row = self.json("POST", self.objects, {"properties": properties})
        assert status == 201, row
        return row["id"]

    def update(self, key: str, **properties: str) -> tuple[int, Any]:
        return self.json("PATCH", f"{self.objects}/{key}", {"properties": properties})

    def get(self, key: str, *properties: str, **query: Any) -> tuple[int, Any]:
        return self.json("GET", f"{self.objects}/{key}", properties=",".join(properties), **query)

    def search(self, *filters: Mapping[str, Any], **more: Any) -> tuple[int, Any]:
        groups = [{"filters": list(filters)}] if filters else []
        return self.json("POST", f"{self.objects}/search", {"filterGroups": groups, **more})


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(START)


@pytest.fixture
def box(clock) -> HubSpotSandbox:
    found = HubSpotSandbox(clock, seed=7)
    found.index.lag, found.index.spread = 5, 0
    return found


@pytest.fixture
def api(box) -> Api:
    return Api(box)


@pytest.fixture
def world_of() -> Callable[..., World]:
    def make(*people: WorldPerson) -> World:
        return World("Tea House", "EUR", "Europe/Vienna", "AT", list(people))

    return make


@pytest.fixture
def crowd(world_of) -> Callable[[int], World]:
    def make(count: int) -> World:
        return world_of(*(WorldPerson(f"p{n}", f"p{n}@tea.example.test", f"P{n}") for n in range(count)))

    return make


@pytest.fixture
def url(box) -> Iterator[str]:
    with Served(box) as base:
        yield base


@pytest.fixture
def settings(box) -> HubSpotSettings:
    return HubSpotSettings(token=Secret("hubspot_token", box.credentials()["token"]))


@pytest.fixture
def http(settings, clock, url) -> Iterator[Http]:
    redactor = Redactor()
    redactor.learn(settings.token.reveal())
    client = Http(policy(settings), clock=clock, redactor=redactor, base_url=url)
    yield client
    client.close()


@pytest.fixture
def source(settings, http) -> HubSpotSource:
    return HubSpotSource(settings, http)


@pytest.fixture
def destination(settings, http) -> HubSpotDestination:
    return HubSpotDestination(settings, http)


@pytest.fixture
def read() -> Callable[..., tuple[list[Page], str | None]]:
    """Reads a stream to its end: the pages, and the cursor that is then true."""

    def run(source: HubSpotSource, stream: str, cursor: str | None = None) -> tuple[list[Page], str | None]:
        pages = list(source.pages(stream, cursor))
        return pages, next((page.cursor for page in reversed(pages) if page.cursor), cursor)

    return run


@pytest.fixture
def rows() -> Callable[..., list[Any]]:
    """All records of a kind on these pages."""

    def take(pages: list[Page], kind: str) -> list[Any]:
        return [record for page in pages for record in page.rows.get(kind, ())]

    return take
