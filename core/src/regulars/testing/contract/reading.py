"""Reading: whole, again, on from a cursor, after a crash, and while the platform misbehaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from regulars.errors import AuthError, PlatformError
from regulars.testing.contract.bench import SETTLED, Bench, require
from regulars.testing.contract.shapes import faults
from regulars.testing.contract.shelf import Shelf
from regulars.testing.contract.suite import Suite
from regulars.testing.sandbox import Fault
from regulars.testing.world import WorldLine, WorldOrder


class ReadingContract(Suite):
    """A source loses nothing, invents nothing, and says where it stands."""

    def test_records_are_what_they_are_called(self, bench: Bench) -> None:
        """Every record has all fields of its kind, in their types."""
        whole = _read(bench)
        require(bool(whole.rows), "reading everything gave no record at all")
        wrong = [fault for (kind, _), row in sorted(whole.rows.items()) for fault in faults(kind, row)]
        require(not wrong, "; ".join(wrong[:5]))

    def test_everybody_is_read(self, bench: Bench) -> None:
        """Who exists on a platform of this role, by address, whatever page they are on."""
        role, read = bench.connector.role, _read(bench).of("person")
        seen = {email.lower() for row in read for email in [row["email"], *row["other_emails"]] if email}
        people = [p for p in bench.world.people if p.email and role in p.on]
        lost = {p.email.lower() for p in people if p.email} - seen
        require(not lost, f"{len(lost)} of {len(people)} people were not read: {sorted(lost)[:3]}")

    def test_an_id_names_one_record(self, bench: Bench) -> None:
        """In a quiet world the same kind and id never come with two contents."""
        source, known = bench.source(), Shelf()
        for stream in source.streams():
            for page in source.pages(stream, None):
                for kind, rows in page.rows.items():
                    for row in rows:
                        held = known.rows.setdefault((kind, row["id"]), row)
                        require(held == row, f"{kind} {row['id']} came twice and differs")

    def test_nothing_differs_when_nothing_happened(self, bench: Bench) -> None:
        """Reading on from the last cursor may repeat records, never change them."""
        whole, again = _read(bench), _read(bench)
        bench.clock.forward(timedelta(hours=1))
        again.read(bench.source())
        require(not (why := whole.difference(again)), f"a quiet platform read on is not the same: {why}")

    def test_a_change_is_seen_by_the_next_read(self, bench: Bench) -> None:
        """What is read on from a cursor adds up to what a first read sees."""
        ours = _read(bench)
        before = dict(ours.rows)
        _change_the_world(bench)
        ours.read(bench.source())
        require(ours.rows != before, "the world changed and the next read saw nothing")
        require(not (why := _read(bench).difference(ours)), f"the next read missed a change: {why}")

    def test_a_crash_after_any_page_loses_nothing(self, bench: Bench) -> None:
        """The cursor of a page is true once that page is stored: a new process goes on from there."""
        whole = _read(bench)
        for number in _spread(whole.pages):
            ours = Shelf()
            ours.read(bench.source(), stop_after=number + 1)
            ours.read(bench.source())
            require(not (why := whole.difference(ours)), f"a crash after page {number + 1} is noticed: {why}")

    @pytest.mark.parametrize("kind", ["malformed", "cut", "drop"])
    def test_a_broken_answer_is_never_half_a_page(self, bench: Bench, kind: str) -> None:
        """A broken answer is asked for again, or is a PlatformError and the next run makes it good."""
        whole = _read(bench)
        bench.sandbox.log.clear()
        _read(bench)
        for number in _spread(len(bench.sandbox.log)):
            ours = Shelf()
            bench.sandbox.faults = [Fault(kind, skip=number)]  # type: ignore[arg-type]
            try:
                ours.read(bench.source())
            except PlatformError:
                half = [key for key, row in ours.rows.items() if whole.rows.get(key) != row]
                require(not half, f"a {kind} answer left {half[:3]}, which a whole read does not give")
                ours.read(bench.source())
            require(
                not (why := whole.difference(ours)), f"a {kind} answer to request {number + 1} is noticed: {why}"
            )

    def test_a_rate_limit_is_waited_for(self, bench: Bench) -> None:
        """429 means later, as late as the platform says."""
        bench.source()
        bench.sandbox.faults = [Fault("status", status=429, body=b"{}", headers={"retry-after": "7"})]
        before = bench.clock.now()
        ours = _read(bench)
        require(bench.clock.now() > before, "a 429 was not waited for")
        require(not (why := _read(bench).difference(ours)), f"a 429 is noticed in what is read: {why}")

    def test_a_token_revoked_on_the_way_stops_the_read(self, bench: Bench) -> None:
        """401 is an AuthError; it is never taken for an end of the list."""
        whole = _read(bench)
        bench.sandbox.faults = [Fault("status", skip=1, times=99, status=401, body=b"{}")]
        ours = Shelf()
        with pytest.raises(AuthError):
            ours.read(bench.source())
        bench.sandbox.faults = []
        ours.read(bench.source())
        require(not (why := whole.difference(ours)), f"a revoked token is noticed after its renewal: {why}")


def _read(bench: Bench) -> Shelf:
    shelf = Shelf()
    shelf.read(bench.source())
    return shelf


def _change_the_world(bench: Bench) -> None:
    bench.clock.forward(timedelta(days=1))
    person = bench.world.people[-1]
    bench.world.people[-1] = replace(person, first_name="Renamed")
    line = WorldLine(bench.world.products[0].sku, 1, "8.50")
    bench.world.orders.append(WorldOrder("new", person.key, bench.clock.now(), [line]))
    bench.sandbox.populate(bench.world)
    bench.clock.forward(SETTLED)


def _spread(count: int, most: int = 12) -> Sequence[int]:
    """Up to `most` of the numbers below `count`, the first and the last among them."""
    if count <= most:
        return range(count)
    return sorted({round(n * (count - 1) / (most - 1)) for n in range(most)})
