"""How much of what the platforms' limits allow is used, and whether a limit is ever run into.

HubSpot and Shopify count calls and points over time: their simulated platforms keep the real limits, calls
take no time on a simulated clock, so that nothing but the limits sets the pace. Mailchimp limits how many
requests are open at once: there the clock is real, each answer takes a while, and what counts is how much
of the connections' time was used.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
from regulars.clock import Clock, SimulatedClock, SystemClock
from regulars.http import Http
from regulars.plugins import load
from regulars.secret import Redactor
from regulars.testing import Sandbox

from benchmarks.connectors.reads import READS, Read
from benchmarks.connectors.wire import END, Wire, filled, settings_of
from benchmarks.figures import Figure

SHARE = 95.0
ANSWER_S = 0.5
PEOPLE = {
    "hubspot-contacts": 30_000,
    "hubspot-changed": 30_000,
    "shopify-orders": 4_000,
    "mailchimp-members": 40_000,
}


def figures(scale: float) -> Iterator[Figure]:
    """Per read: the share of the allowed rate, and how many answers were refusals."""
    for name, people in PEOPLE.items():
        read = READS[name]
        started = SimulatedClock(END)
        sandbox = filled(load().connectors[read.plugin], started, max(4_000, int(people * scale)))
        if read.plugin == "mailchimp":
            yield from _connections(read, sandbox)
        else:
            yield from _rate(read, sandbox, started)


def _rate(read: Read, sandbox: Sandbox, clock: SimulatedClock) -> Iterator[Figure]:
    wire, began = Wire(sandbox), clock.now()
    rows = _read(read, sandbox, wire, clock)
    took = (clock.now() - began).total_seconds()
    part, what = _SHARE[read.plugin](read, wire, took)
    how = f"{rows:,} rows, {len(wire.seen)} calls, {took:,.1f} simulated s; {what}"
    share = min(100.0, 100 * part)
    yield Figure(f"{read.name}: of the allowed rate", share, "%", how, f"at least {SHARE:g}", share >= SHARE)
    yield _refusals(read, sum(map(_refused, wire.seen)))


def _read(read: Read, sandbox: Sandbox, transport: httpx.BaseTransport, clock: Clock) -> int:
    connector = load().connectors[read.plugin]
    settings = settings_of(connector, sandbox.credentials())
    http = Http(connector.policy(settings), clock=clock, redactor=Redactor(), transport=transport)
    assert connector.source is not None
    pages = connector.source(settings, http, ()).pages(read.stream, read.cursor)
    return sum(len(page.rows.get(read.kind, ())) for page in pages)


def _refused(seen: Any) -> bool:
    return seen[1].status == 429 or b'"THROTTLED"' in seen[1].body


def _refusals(read: Read, count: int) -> Figure:
    return Figure(f"{read.name}: refused as too many", count, "calls", "429 or THROTTLED", "none", count == 0)


def _hubspot(read: Read, wire: Wire, took: float) -> tuple[float, str]:
    searches = sum(asked.path.endswith("/search") for asked, _ in wire.seen)
    calls, most, span = (searches, 5, 1) if read.cursor else (len(wire.seen) - searches, 100, 10)
    least = (-(-calls // most) - 1) * span  # a window's worth at once, the next when the window is over
    return least / took, f"{calls} of them within {most} in any {span} s"


def _shopify(_: Read, wire: Wire, took: float) -> tuple[float, str]:
    costs = [json.loads(answer.body)["extensions"]["cost"] for _, answer in wire.seen]
    status = costs[0]["throttleStatus"]
    most, rate = status["maximumAvailable"], status["restoreRate"]
    used = sum(cost["actualQueryCost"] or 0 for cost in costs)
    return used / (most + rate * took), f"{used:,} points from a bucket of {most:,.0f}, {rate:g} a second"


_SHARE = {"hubspot": _hubspot, "shopify": _shopify}


class _Slow(Wire):
    """Each answer takes a while; keeps how many requests were open at once, and for how long in all."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox)
        self._lock, self._open = threading.Lock(), 0
        self.most, self.busy = 0, 0.0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        began = time.perf_counter()
        with self._lock:
            self._open += 1
            self.most = max(self.most, self._open)
        answer = super().handle_request(request)
        time.sleep(ANSWER_S)
        with self._lock:
            self._open -= 1
            self.busy += time.perf_counter() - began
        return answer


def _connections(read: Read, sandbox: Sandbox) -> Iterator[Figure]:
    wire, began = _Slow(sandbox), time.perf_counter()
    rows = _read(read, sandbox, wire, SystemClock())
    took = time.perf_counter() - began
    connector = load().connectors[read.plugin]
    allowed = connector.policy(settings_of(connector, sandbox.credentials())).in_flight or 1
    share = 100 * wire.busy / (took * allowed)
    how = f"{rows:,} rows, {len(wire.seen)} calls of {ANSWER_S:g} s and more, {wire.most} open at most"
    yield Figure(f"{read.name}: of {allowed} connections' time", share, "%", how)
    yield _refusals(read, sum(map(_refused, wire.seen)))
