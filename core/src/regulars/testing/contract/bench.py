"""One connector on the workbench: its sandbox filled with an invented world, and our side of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, get_args
from urllib.parse import parse_qsl

import httpx
import pytest

from regulars.clock import SimulatedClock
from regulars.connector import Connector, Destination, Settings, Source, Writes
from regulars.ecoa import EcoaProvider
from regulars.http import Http
from regulars.secret import Redactor, Secret
from regulars.testing.sample import SAMPLE_END, sample_world
from regulars.testing.sandbox import Asked, Dropped, Sandbox

START = SAMPLE_END + timedelta(days=1)
SETTLED = timedelta(minutes=30)
"""Longer than any platform's search lags behind its writes."""


def require(kept: bool, rule: str) -> None:
    """Fail the test with the rule that was broken, in words."""
    if not kept:
        pytest.fail(rule)


class Bench:
    """A connector, its sandbox and what both saw.

    `urls` are all URLs that were called; `secrets` the secret settings' values.
    """

    def __init__(self, connector: Connector, people: int) -> None:
        if connector.sandbox is None:
            pytest.skip(f"{connector.name} brings no sandbox to be tested against")
        self.connector = connector
        self.clock = SimulatedClock(START)
        self.world = sample_world(people)
        self.sandbox: Sandbox = connector.sandbox(self.clock, seed=1)
        self.sandbox.populate(self.world)
        self.clock.forward(SETTLED)
        self.urls: list[str] = []
        given = self.sandbox.credentials()
        self.secrets = [value for name, value in given.items() if name in self.secret_names()]
        self.settings = self.settings_of(given)
        self.redactor = Redactor()
        for value in self.secrets:
            self.redactor.learn(value)

    def secret_names(self) -> Sequence[str]:
        """Names of the settings that hold a Secret."""
        fields = self.connector.settings.model_fields.items()
        return [name for name, x in fields if x.annotation is Secret or Secret in get_args(x.annotation)]

    def settings_of(self, given: Any) -> Settings:
        """The connector's settings from plain texts, as the core makes them."""
        secret = self.secret_names()
        made = {name: Secret(name, value) if name in secret else value for name, value in given.items()}
        return self.connector.settings.model_validate(made)

    def connect(self, settings: Settings | None = None) -> Http:
        """A new HTTP client, as a new run has it, that reaches the sandbox under the platform's own hosts."""
        policy = self.connector.policy(settings or self.settings)
        return Http(policy, clock=self.clock, redactor=self.redactor, transport=_Wire(self.sandbox, self.urls))

    def source(self) -> Source:
        """A new source, or skip."""
        if self.connector.source is None:
            pytest.skip(f"{self.connector.name} reads nothing")
        return self.connector.source(self.settings, self.connect(), ())

    def destination(self) -> Destination:
        """A new destination, or skip."""
        if self.connector.destination is None:
            pytest.skip(f"{self.connector.name} writes nothing")
        return self.connector.destination(self.settings, self.connect())

    def writes(self) -> Writes:
        """What the destination says it takes, or skip."""
        if self.connector.destination is None:
            pytest.skip(f"{self.connector.name} writes nothing")
        if self.connector.writes is None:
            pytest.fail("a connector with a destination declares its Writes")
        return self.connector.writes

    def ecoa(self) -> EcoaProvider:
        """A new provider, or skip."""
        if self.connector.ecoa is None:
            pytest.skip(f"{self.connector.name} is no ECOA provider")
        return self.connector.ecoa(self.settings, self.connect())

    def online(self) -> None:
        """Skip where the connector calls nobody: one that exchanges files."""
        if not self.connector.policy(self.settings).hosts:
            pytest.skip(f"{self.connector.name} calls nobody")

    def bodies(self) -> Iterator[str]:
        """Every body that was sent, as text."""
        return (asked.body.decode(errors="replace") for asked in self.sandbox.log)


class _Wire(httpx.BaseTransport):
    """Hands requests to the sandbox in this process."""

    def __init__(self, sandbox: Sandbox, urls: list[str]) -> None:
        self._sandbox, self._urls = sandbox, urls

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._urls.append(str(request.url))
        target = request.url.raw_path.decode()
        path, _, query = target.partition("?")
        headers = {name.lower(): value for name, value in request.headers.items()}
        pairs = tuple(parse_qsl(query, keep_blank_values=True))
        asked = Asked(request.method, httpx.URL(path).path, pairs, headers, request.read(), target)
        try:
            answer = self._sandbox.handle(asked)
        except Dropped:
            raise httpx.RemoteProtocolError("closed without an answer", request=request) from None
        if answer.cut is not None:
            raise httpx.RemoteProtocolError("closed in the middle of an answer", request=request)
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body, request=request)
