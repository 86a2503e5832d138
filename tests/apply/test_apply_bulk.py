"""Many records in large batches, and codes that may be issued again."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from plan.bench import MAPS
from plan.tinycrm import WRITES, TinyDestination, connector
from regulars.changes import AddressChange, IssueCode
from regulars.errors import PlatformError
from regulars.plan import PlannedChange
from regulars.plugins import Plugins
from regulars.testing import Fault


class Roomy(TinyDestination):
    most = 1000


def using(bench, **changes):
    made = replace(connector(), destination=Roomy, writes=replace(WRITES, **changes))
    bench.plugins = Plugins({"tinycrm": made})


def crowd(bench, number=90):
    bench.segments = {"news": set()}
    for n in range(number):
        bench.add(f"c{n:03}", stage="retention")


def sizes(bench):
    return [len(asked.json()) for asked in bench.sandbox.log if asked.path == "/write"]


def test_from_so_many_records_on_batches_are_large_but_the_canary_is_not(bench):
    using(bench, bulk_from=50, bulk_batch=60)
    bench.configure("[write]\ncanary = 5\n" + MAPS)
    crowd(bench)
    assert bench.apply(bench.plan().id).written == 90
    assert sizes(bench) == [5, 60, 25]


def test_fewer_records_go_in_ordinary_batches(bench):
    using(bench, bulk_from=50, bulk_batch=60)
    bench.configure("[write]\ncanary = 5\n" + MAPS)
    crowd(bench, 45)
    bench.apply(bench.plan().id)
    assert sizes(bench) == [5, 20, 20]


def test_a_canary_that_does_not_arrive_stops_a_large_batch_too(bench):
    using(bench, bulk_from=50, bulk_batch=60)
    bench.configure("[write]\ncanary = 5\n" + MAPS)
    crowd(bench)
    bench.sandbox.bad = {"retention"}
    assert "of the first 5 changes did not arrive" in bench.apply(bench.plan().id).stopped
    assert sizes(bench) == [5]


def test_a_large_batch_is_compared_before_it_is_sent_and_read_back_after(bench):
    using(bench, bulk_from=50, bulk_batch=100)
    bench.configure("[write]\ncanary = 5\n" + MAPS)
    crowd(bench)
    plan = bench.plan()
    bench.sandbox.people["c050"]["fields"]["rg_stage"] = "expansion"
    bench.sandbox.deaf = {"c060"}
    result = bench.apply(plan.id)
    assert (result.written, result.drifted, result.rejected) == (88, 1, 1)


def test_a_large_batch_of_unknown_outcome_is_settled_by_reading_back(bench):
    using(bench, bulk_from=50, bulk_batch=100)
    bench.configure("[write]\ncanary = 5\n" + MAPS)
    crowd(bench)
    bench.sandbox.faults = [Fault("lost", match="/write", skip=1)]
    assert bench.apply(bench.plan().id).written == 90
    assert len(bench.sandbox.writes) == 90


# --- codes ---


def code(bench, text="TEA-1"):
    bench.add("ada")
    change = IssueCode("ada", text, 500, "EUR", "2026-12-31")
    return [PlannedChange("crm", change, None, None, "a code for coming back")]


@pytest.mark.parametrize("kind", ["lost", "drop"])
def test_a_code_of_unknown_outcome_is_issued_again_where_that_makes_no_second_one(bench, kind):
    using(bench, repeats_codes=True)
    plan = bench.plan(extra=code(bench))
    bench.sandbox.faults = [Fault(kind, match="/write")]
    result = bench.apply(plan.id)
    assert (result.written, result.unknown, bench.sandbox.codes) == (1, 0, {"TEA-1"})


def test_elsewhere_it_stays_unknown_and_somebody_must_look(bench):
    using(bench)
    plan = bench.plan(extra=code(bench))
    bench.sandbox.faults = [Fault("lost", match="/write")]
    result = bench.apply(plan.id)
    assert (result.unknown, len(bench.sandbox.writes)) == (1, 1)


def test_a_code_that_never_gets_through_is_unknown_in_the_end(bench):
    using(bench, repeats_codes=True)
    plan = bench.plan(extra=code(bench))
    bench.sandbox.faults = [Fault("drop", match="/write", times=99)]
    result = bench.apply(plan.id)
    assert (result.unknown, list(result.left)) == (1, ["it did not arrive in 3 attempts"])


def test_a_kill_while_a_code_was_issued_is_settled_by_issuing_again(bench):
    using(bench, repeats_codes=True)
    plan = bench.plan(extra=code(bench))
    bench.sandbox.faults = [Fault("status", match="GET /people", skip=1, status=503, times=99)]
    bench.sandbox.faults += [Fault("lost", match="/write")]
    with pytest.raises(PlatformError):
        bench.apply(plan.id)
    bench.sandbox.faults = []
    assert bench.apply(plan.id).written == 1


# --- an address that stands beside the record's own ---


def test_an_address_that_stands_beside_the_records_own_is_taken_at_the_platforms_word(bench):
    using(bench, replaces_email=False)
    bench.configure("[write]\nreplace_email = true\n" + MAPS)
    bench.add("ada")
    change = AddressChange("ada", "ada@example.test", "ada.new@example.test", "job:1")
    extra = [PlannedChange("crm", change, "ada@example.test", None, "confirmed by the person")]
    plan = bench.plan(extra=extra)
    bench.sandbox.deaf = {"ada"}  # the record's own address stays
    assert bench.apply(plan.id).written == 1
    with bench.open() as (journal, _, _):
        assert "ada.new" not in json.dumps(journal.rows("SELECT * FROM ledger"))
