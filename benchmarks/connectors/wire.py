"""A simulated platform in this process, behind the product's own HTTP client."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx
from regulars.clock import Clock, SimulatedClock
from regulars.connector import Connector, Settings
from regulars.secret import Secret
from regulars.testing import Answer, Asked, Sandbox, sample_world

END = datetime(2026, 11, 20, tzinfo=UTC)
OURS = {"regulars_stage": "retention", "regulars_rfm": "5-4-3", "regulars_clv": "412.50"}
SETTLED = timedelta(hours=1)
Seen = list[tuple[Asked, Answer]]


class Wire(httpx.BaseTransport):
    """Hands requests to the sandbox and keeps what was asked and answered. Each call takes `takes`
    seconds of a simulated clock."""

    def __init__(self, sandbox: Sandbox, clock: Clock | None = None, takes: float = 0.0) -> None:
        self._sandbox, self._clock, self._takes = sandbox, clock, takes
        self.seen: Seen = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode()
        pairs = tuple(parse_qsl(request.url.query.decode(), keep_blank_values=True))
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Asked(request.method, request.url.path, pairs, headers, request.read(), target)
        answer = self._sandbox.handle(asked)
        if self._clock:
            self._clock.sleep(self._takes)
        self.seen.append((asked, answer))
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body)


def filled(connector: Connector, clock: SimulatedClock, people: int) -> Sandbox:
    """The simulated platform of a varied invented shop, once its search has settled."""
    assert connector.sandbox is not None
    sandbox = connector.sandbox(clock=clock, seed=1)
    world = sample_world(people)
    for person in world.people:
        person.properties |= OURS
    sandbox.populate(world)
    clock.forward(SETTLED)
    return sandbox


def settings_of(connector: Connector, given: Any) -> Settings:
    """The connector's settings from plain texts."""
    fields = connector.settings.model_fields
    return connector.settings.model_validate(
        {name: Secret(name, v) if "Secret" in str(fields[name].annotation) else v for name, v in given.items()}
    )
