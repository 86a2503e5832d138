"""A provider on a loopback port, and our side of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from regulars import EcoaRow, Http, Secret, SimulatedClock
from regulars.secret import Redactor
from regulars.testing import Served
from regulars_ecoa.client import policy
from regulars_ecoa.provider import EcoaHttp
from regulars_ecoa.sandbox import EcoaSandbox
from regulars_ecoa.settings import EcoaSettings

Connect = Callable[..., EcoaHttp]


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(datetime(2026, 3, 2, 8, tzinfo=UTC))


@pytest.fixture
def sandbox(clock: SimulatedClock) -> EcoaSandbox:
    sandbox = EcoaSandbox(clock, seed=7)
    sandbox.answers = {
        "ada@example.test": ("ada.new@example.test", "confirmed"),
        "bob@example.test": ("bob.new@example.test", "no_response"),
        "cyd@example.test": ("cyd.new@example.test", "opted_out"),
    }
    return sandbox


@pytest.fixture
def http(sandbox: EcoaSandbox, clock: SimulatedClock) -> Iterator[Http]:
    with Served(sandbox) as url:
        http = Http(policy(settings(sandbox)), clock=clock, redactor=Redactor(), base_url=url)
        yield http
        http.close()


@pytest.fixture
def connect(sandbox: EcoaSandbox, http: Http) -> Connect:
    return lambda **changed: EcoaHttp(settings(sandbox, **changed), http)


@pytest.fixture
def provider(connect: Connect) -> EcoaHttp:
    return connect()


@pytest.fixture
def rows() -> list[EcoaRow]:
    return [EcoaRow(f"k-{name}", f"{name}@example.test") for name in ("ada", "bob", "cyd", "dan")]


def settings(sandbox: EcoaSandbox, **changed: Any) -> EcoaSettings:
    given = sandbox.credentials()
    return EcoaSettings(endpoint=given["endpoint"], token=Secret("ecoa.token", given["token"]), **changed)
