"""A client with hand-made tables, a journal, and a provider on a loopback port."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from reactivation.bench import NOW, Shop, config, consent_was_read, served
from regulars import SimulatedClock
from regulars.journal import Journal, Lease
from regulars.reactivation import EcoaDesk
from regulars.warehouse import Warehouse
from regulars_ecoa.provider import EcoaHttp
from regulars_ecoa.sandbox import EcoaSandbox


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(NOW)


@pytest.fixture
def journal(tmp_path: Path, clock: SimulatedClock) -> Iterator[Journal]:
    journal = Journal.open(tmp_path / "journal.db", clock)
    yield journal
    journal.close()


@pytest.fixture
def lease(journal: Journal) -> Iterator[Lease]:
    with journal.lease("test") as lease:
        consent_was_read(journal, lease)
        yield lease


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(Warehouse(tmp_path))


@pytest.fixture
def desk(journal: Journal, shop: Shop) -> EcoaDesk:
    return EcoaDesk(config(), journal, shop.warehouse.burst)


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
def provider(sandbox: EcoaSandbox, clock: SimulatedClock) -> Iterator[EcoaHttp]:
    with served(sandbox, clock) as provider:
        yield provider
