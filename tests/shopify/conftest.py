"""A small invented shop on Shopify, asked in process or over a port."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from regulars import Http, Page, Secret, SimulatedClock
from regulars.secret import Redactor
from regulars.testing import Asked, Served, World, WorldLine, WorldOrder, WorldPerson, WorldProduct
from regulars_shopify.policy import ENDPOINT, policy
from regulars_shopify.sandbox import ShopifySandbox
from regulars_shopify.settings import ShopifySettings
from regulars_shopify.source import ShopifySource

NOW = datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC)


def a_person(number: int, **changes: Any) -> WorldPerson:
    told: dict[str, Any] = {
        "key": f"p{number}",
        "email": f"p{number}@example.test",
        "first_name": "Ada",
        "last_name": f"No {number}",
        "country": "DE",
        "created_at": NOW - timedelta(days=40, minutes=number),
    }
    return WorldPerson(**{**told, **changes})


def an_order(number: int, person: str | None = "p1", **changes: Any) -> WorldOrder:
    told: dict[str, Any] = {
        "key": f"o{number}",
        "person": person,
        "at": NOW - timedelta(days=30, minutes=-number),
        "lines": [WorldLine("TEA", 1, "10.00")],
    }
    return WorldOrder(**{**told, **changes})


def a_world(people: int = 3, orders: int = 0, currency: str = "EUR") -> World:
    return World(
        name="Tea House",
        currency=currency,
        timezone="Europe/Berlin",
        country="DE",
        people=[a_person(n) for n in range(1, people + 1)],
        products=[WorldProduct("TEA", "Green tea", "Tea"), WorldProduct("POT", "Pot", "Ware")],
        orders=[an_order(n) for n in range(1, orders + 1)],
    )


@dataclass
class Graph:
    """Asks the sandbox as any program would, in process."""

    box: ShopifySandbox
    path: str = ENDPOINT

    def ask(self, query: str, /, token: str | None = None, **variables: Any) -> tuple[int, dict[str, str], Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers = {"x-shopify-access-token": self.box.token if token is None else token}
        answer = self.box.handle(Asked("POST", self.path, (), headers, body, self.path))
        return answer.status, answer.headers, json.loads(answer.body)

    def data(self, query: str, /, **variables: Any) -> Any:
        status, _, told = self.ask(query, **variables)
        assert status == 200
        assert "errors" not in told, told
        return told["data"]

    def code(self, query: str, /, **variables: Any) -> str:
        """The code of the only error, which comes without data."""
        status, _, told = self.ask(query, **variables)
        assert status == 200
        assert "data" not in told, told
        (error,) = told["errors"]
        return error["extensions"]["code"]


@dataclass
class Reading:
    """What a source gave."""

    pages: list[Page]

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """Kind -> id -> the newest record of it."""
        found: dict[str, dict[str, Any]] = {}
        for page in self.pages:
            for kind, records in page.rows.items():
                for record in records:
                    found.setdefault(kind, {})[record["id"]] = record
        return found

    def of(self, kind: str) -> list[Any]:
        return list(self.rows.get(kind, {}).values())

    @property
    def cursor(self) -> str | None:
        return next((page.cursor for page in reversed(self.pages) if page.cursor), None)

    @property
    def rejected(self) -> list[Any]:
        return [record for page in self.pages for record in page.rejected]


@dataclass
class Connected:
    """A connection to the sandbox over a port."""

    settings: ShopifySettings
    http: Http

    def source(self, *extra: str) -> ShopifySource:
        return ShopifySource(self.settings, self.http, extra)

    def read(self, stream: str, cursor: str | None = None, *extra: str) -> Reading:
        return Reading(list(self.source(*extra).pages(stream, cursor)))


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(NOW)


@pytest.fixture
def box(clock: SimulatedClock) -> ShopifySandbox:
    return ShopifySandbox(clock)


@pytest.fixture
def graph(box: ShopifySandbox) -> Graph:
    return Graph(box)


@pytest.fixture
def connect(box: ShopifySandbox, clock: SimulatedClock) -> Iterator[Callable[..., Connected]]:
    """Connections to the sandbox, with its permanent token unless other settings are given."""
    opened: list[Http] = []
    with Served(box) as url:

        def connected(**given: Any) -> Connected:
            if "client_id" not in given:
                given.setdefault("access_token", Secret("token", box.token))
            settings = ShopifySettings(shop=box.domain, **given)
            opened.append(Http(policy(settings), clock=clock, redactor=Redactor(), base_url=url))
            return Connected(settings, opened[-1])

        yield connected
        for http in opened:
            http.close()


@pytest.fixture
def shop(connect: Callable[..., Connected]) -> Connected:
    return connect()
