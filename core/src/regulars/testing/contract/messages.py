"""Errors: one line that names the platform, the object, the reason and the next step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from regulars.changes import SetField
from regulars.errors import RegularsError
from regulars.testing.contract.bench import Bench, require
from regulars.testing.contract.shelf import Shelf
from regulars.testing.contract.suite import Suite
from regulars.testing.contract.writing import a_field, an_id
from regulars.testing.sandbox import Fault

LONGEST = 700  # characters: a line that somebody reads in a terminal
FAULTS = {
    "refused": Fault("status", times=999, status=401, body=b"{}"),
    "forbidden": Fault("status", times=999, status=403, body=b"{}"),
    "not there": Fault("status", times=999, status=404, body=b"{}"),
    "in conflict": Fault("status", times=999, status=409, body=b"{}"),
    "too often": Fault("status", times=999, status=429, body=b"{}"),
    "broken": Fault("status", times=999, status=500, body=b"<html><body>Error</body></html>"),
    "down": Fault("status", times=999, status=503),
    "malformed": Fault("malformed", times=999),
    "cut off": Fault("cut", times=999),
    "closed": Fault("drop", times=999),
}


class MessageContract(Suite):
    """Whatever a platform does to us, a person is told what, where and what to do."""

    @pytest.mark.parametrize("fault", FAULTS)
    def test_an_error_of_check_can_be_acted_on(self, bench: Bench, fault: str) -> None:
        """Asking who we are."""
        http = bench.connect()
        _judge(bench, fault, lambda: bench.connector.check(bench.settings, http))

    @pytest.mark.parametrize("fault", FAULTS)
    def test_an_error_of_reading_can_be_acted_on(self, bench: Bench, fault: str) -> None:
        """Every stream fails in the same words."""
        source = bench.source()
        _judge(bench, fault, lambda: Shelf().read(source))

    @pytest.mark.parametrize("fault", FAULTS)
    def test_an_error_of_writing_can_be_acted_on(self, bench: Bench, fault: str) -> None:
        """Looking up, making fields, and the write itself."""
        there, one, spec = bench.destination(), an_id(bench), a_field(bench.writes())
        _judge(bench, fault, lambda: there.held([one], [spec.name], ()))
        _judge(bench, fault, lambda: there.missing((spec,), ()))
        there.provision(there.missing((spec,), ()))
        _judge(bench, fault, lambda: there.write([SetField(one, spec.name, "x")]))

    @pytest.mark.parametrize("fault", FAULTS)
    def test_an_error_of_a_provider_can_be_acted_on(self, bench: Bench, fault: str) -> None:
        """Looking for a job, and asking how far it is."""
        provider = bench.ecoa()
        _judge(bench, fault, lambda: provider.find("contract-key"))
        _judge(bench, fault, lambda: provider.poll("no-such-job"))


def _judge(bench: Bench, fault: str, act: Callable[[], Any]) -> None:
    """Do it while the platform misbehaves; whatever is raised must be of use to a person. Not raising is
    fine: a 404 may be an answer, a refused record an outcome."""
    told = FAULTS[fault]
    bench.sandbox.faults = [Fault(told.kind, times=told.times, status=told.status, body=told.body)]
    try:
        act()
    except RegularsError as raised:
        useful(bench, raised, fault)
    finally:
        bench.sandbox.faults = []


def useful(bench: Bench, raised: RegularsError, fault: str) -> None:
    """Fail unless an error is one line with platform, object, reason and next step, and without a secret."""
    line, connector = str(raised), bench.connector
    names = {connector.name, connector.title, connector.policy(bench.settings).platform}
    said = f"when {fault}, the error is {line!r}"
    require(any(name.lower() in line.lower() for name in names), f"names no platform: {said}")
    require(bool(raised.where), f"names no object: {said}")
    require(bool(raised.hint), f"gives no next step: {said}")
    require("\n" not in line and len(line) <= LONGEST, f"is no line: {said}")
    require(not any(value in line for value in bench.secrets), f"shows a secret when {fault}")
