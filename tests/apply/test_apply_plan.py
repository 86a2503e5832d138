"""Applying: exactly the plan, once, and only where the platform still is as the plan found it."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest
from plan.bench import CALLS, HOUR, MAILED, MAPS, NEWS
from plan.bench import bench as opened
from regulars.changes import AddressChange, IssueCode, JoinList
from regulars.errors import LockedError, PlanError, PlatformError, RefusedError, WrongAccountError
from regulars.journal import Journal
from regulars.plan import PlannedChange
from regulars.testing import Fault


def crowd(bench, number=45):
    for n in range(number):
        bench.add(f"c{n:02}", stage="retention", clv_12m=float(n + 1), last_order_on=date(2026, 11, 1))
    bench.segments = {"news": {f"c{n:02}" for n in range(0, number, 2)}}


def test_a_plan_is_written_and_read_back(bench):
    crowd(bench)
    plan = bench.plan()
    result = bench.apply(plan.id)
    assert (result.written, result.unchanged, result.exit_code) == (45 * 3 + 23, 0, 0)
    assert set(bench.held("rg_stage").values()) == {"retention"}
    assert bench.inside("rg:news") == bench.segments["news"]
    assert set(bench.states(plan.id).values()) == {"confirmed"}


def test_the_night_after_writes_nothing(bench):
    crowd(bench)
    bench.apply(bench.plan().id)
    bench.clock.forward(24 * HOUR)
    for person in bench.sandbox.people.values():
        person["at"] = bench.clock.now().isoformat()
    assert bench.plan().changes == ()


def test_without_a_new_sync_the_next_plan_is_empty_too(bench):
    crowd(bench)
    plan = bench.plan()
    bench.clock.forward(HOUR)
    bench.apply(plan.id)
    assert bench.plan_from_the_mirror().changes == ()


def test_fields_are_written_before_lists_and_the_canary_first(bench):
    bench.configure("[write]\ncanary = 5\n" + MAPS)
    crowd(bench)
    bench.apply(bench.plan().id)
    sizes = [len(asked.json()) for asked in bench.sandbox.log if asked.path == "/write"]
    assert sizes == [15, 60, 60, 5, 18]  # three fields of 5, 20 and 20 records; then the lists
    kinds = [write[0] for write in bench.sandbox.writes]
    assert kinds == sorted(kinds, reverse=True)


def test_what_somebody_changed_since_the_plan_is_left_alone_and_all_else_lands(bench):
    crowd(bench)
    plan = bench.plan()
    bench.sandbox.people["c03"]["fields"]["rg_stage"] = "expansion"
    bench.sandbox.people["c04"]["fields"]["rg_stage"] = "retention"
    result = bench.apply(plan.id)
    states = bench.states(plan.id)
    assert states.pop(("c03", "rg_stage")) == "drifted"
    assert set(states.values()) == {"confirmed"}
    assert (result.drifted, result.unchanged, result.exit_code) == (1, 1, 0)
    assert bench.held("rg_stage")["c03"] == "expansion"
    assert ["set", "c04", "rg_stage", "retention"] not in bench.sandbox.writes


def test_a_record_that_is_gone_is_told(bench):
    crowd(bench)
    plan = bench.plan()
    del bench.sandbox.people["c03"]
    result = bench.apply(plan.id)
    assert result.left["the record is gone on the platform"] == 3
    assert result.exit_code == 3


@pytest.mark.parametrize("state", ["unsubscribed", "cleaned", "bounced", "pending", "redacted", "invalid"])
def test_who_unsubscribed_between_plan_and_apply_is_not_handed_over(bench, state):
    bench.in_use = (MAILED, NEWS)
    bench.add("ada")
    bench.add("bob")
    bench.segments = {"mailed": {"ada", "bob"}, "news": {"ada"}}
    plan = bench.plan()
    bench.sandbox.people["ada"]["state"] = state
    result = bench.apply(plan.id)
    assert bench.inside("rg:mailed") == {"bob"}
    assert bench.inside("rg:news") == {"ada"}
    assert f"{state} on the platform by now" in result.left


def test_a_write_whose_answer_was_lost_is_settled_by_reading_back(bench):
    crowd(bench)
    plan = bench.plan()
    bench.sandbox.faults = [Fault("lost", "POST /write", skip=n) for n in (0, 2)]
    result = bench.apply(plan.id)
    assert result.written == len(plan.changes)
    assert len(bench.sandbox.writes) == len(plan.changes)


def test_a_write_that_never_arrived_is_sent_again_after_a_look(bench):
    crowd(bench)
    plan = bench.plan()
    bench.sandbox.faults = [Fault("drop", "POST /write", times=2)]
    assert bench.apply(plan.id).written == len(plan.changes)
    assert len(bench.sandbox.writes) == len(plan.changes)


def test_what_never_arrives_is_given_up_and_said(bench):
    bench.add("ada", stage="retention")
    bench.sandbox.faults = [Fault("drop", "POST /write", times=99)]
    result = bench.apply(bench.plan().id)
    assert (result.written, result.rejected, result.exit_code) == (0, 1, 3)
    assert "did not arrive in 3 attempts" in result.stopped


def test_a_yes_that_changed_nothing_does_not_count_as_written(bench):
    crowd(bench)
    bench.sandbox.deaf = {"c07"}
    result = bench.apply(bench.plan().id)
    assert result.rejected == 3
    assert "the platform said yes and changed nothing" in result.left


def test_a_refused_value_does_not_take_the_others_along(bench):
    crowd(bench)
    bench.sandbox.bad = {"8"}
    plan = bench.plan()
    result = bench.apply(plan.id)
    assert bench.states(plan.id)["c07", "rg_value"] == "rejected"
    assert (result.rejected, result.left) == (1, {"not a valid value": 1})


def test_a_canary_that_dies_stops_the_rest(bench):
    crowd(bench)
    plan = bench.plan()
    bench.sandbox.bad = {"retention"}
    result = bench.apply(plan.id)
    assert "20 of the first 60 changes did not arrive" in result.stopped
    assert len(bench.sandbox.writes) == 40
    assert result.exit_code == 3
    assert set(bench.states(plan.id).values()) == {"confirmed", "rejected"}


def test_a_platform_that_fails_leaves_a_plan_that_goes_on(bench):
    crowd(bench)
    plan = bench.plan()
    bench.sandbox.faults = [Fault("status", "GET /people", skip=5, times=99)]
    with pytest.raises(PlatformError):
        bench.apply(plan.id)
    bench.sandbox.faults = []
    assert bench.apply(plan.id).written == len(plan.changes)
    assert len(bench.sandbox.writes) == len(plan.changes)


def test_a_half_applied_plan_is_finished_before_another_begins(bench):
    crowd(bench)
    first = bench.plan()
    second = bench.plan_from_the_mirror(allowed=["x:y"])
    bench.sandbox.faults = [Fault("status", "GET /people", skip=5, times=99)]
    with pytest.raises(PlatformError):
        bench.apply(first.id)
    bench.sandbox.faults = []
    with pytest.raises(PlanError, match=f"{first.id} is half applied"):
        bench.apply(second.id)
    bench.apply(first.id)
    assert bench.apply(second.id).unchanged == len(second.changes)


def test_a_plan_is_applied_once(bench):
    bench.add("ada", stage="retention")
    plan = bench.plan()
    bench.apply(plan.id)
    with pytest.raises(PlanError, match="is applied") as caught:
        bench.apply(plan.id)
    assert caught.value.exit_code == 7


def test_an_expired_plan_is_not_applied(bench):
    bench.add("ada", stage="retention")
    plan = bench.plan()
    bench.clock.forward(7 * HOUR)
    with pytest.raises(PlanError, match="expired"):
        bench.apply(plan.id)
    assert bench.sandbox.writes == []


def test_an_edited_plan_is_not_applied(bench):
    bench.add("ada", stage="retention")
    plan = bench.plan()
    path = bench.client.data_dir / "plans" / f"{plan.id}.json"
    path.write_text(path.read_text().replace('"retention"', '"expansion"'))
    with pytest.raises(PlanError, match="edited"):
        bench.apply(plan.id)
    assert bench.sandbox.writes == []


def test_a_plan_expired_half_way_is_settled_and_closed(bench):
    crowd(bench)
    plan = bench.plan()
    bench.sandbox.faults = [Fault("status", "GET /people", skip=5, times=99)]
    with pytest.raises(PlatformError):
        bench.apply(plan.id)
    bench.sandbox.faults = []
    sent = len(bench.sandbox.writes)
    bench.clock.forward(7 * HOUR)
    result = bench.apply(plan.id)
    assert "expired" in result.stopped
    assert result.written == sent == len(bench.sandbox.writes)


def test_a_client_that_is_not_live_is_not_written(bench):
    bench.add("ada", stage="retention")
    plan = bench.plan()
    bench.configure(status="onboarding")
    with pytest.raises(RefusedError, match="onboarding"):
        bench.apply(plan.id)
    assert bench.sandbox.writes == []


def test_nobody_is_handed_over_on_old_consent(bench):
    bench.configure('[clock]\nconsent_max_age = "2h"\n' + MAPS)
    bench.in_use = (MAILED,)
    bench.add("ada")
    bench.segments = {"mailed": {"ada"}}
    plan = bench.plan()
    assert [c.change for c in plan.writable()] == [JoinList("ada", "rg:mailed")]
    bench.clock.forward(3 * HOUR)
    with pytest.raises(RefusedError, match="consent is not fresh"):
        bench.apply(plan.id)
    assert bench.sandbox.writes == []


def test_a_plan_from_before_the_latest_reading_of_consent_hands_nobody_over(bench):
    bench.in_use = (MAILED,)
    bench.add("ada")
    bench.segments = {"mailed": {"ada"}}
    plan = bench.plan()
    bench.clock.forward(HOUR)
    bench.consents["ada"] = "no"  # on a platform that the one written to knows nothing of
    bench.sync()
    with pytest.raises(RefusedError, match="consent was read anew"):
        bench.apply(plan.id)
    assert bench.inside("rg:mailed") == set()


def test_a_plan_from_before_a_no_to_calls_joins_nobody_to_a_list_of_calls(bench):
    bench.in_use = (CALLS,)
    bench.add("ada")
    bench.segments = {"calls": {"ada"}}
    plan = bench.plan()
    bench.clock.forward(HOUR)
    bench.elsewhere = [("ada", "phone", "withdrawn")]
    bench.sync()
    with pytest.raises(RefusedError, match="consent was read anew"):
        bench.apply(plan.id)
    assert bench.inside("rg:calls") == set()


def test_a_half_applied_plan_that_consent_has_overtaken_is_settled_and_closed(bench):
    bench.in_use = (MAILED,)
    for number in range(30):
        bench.add(f"c{number:02}")
    bench.segments = {"mailed": set(bench.people)}
    plan = bench.plan()
    bench.sandbox.faults = [Fault("status", "GET /people", skip=2, times=99)]
    with pytest.raises(PlatformError):
        bench.apply(plan.id)
    bench.sandbox.faults = []
    there = bench.inside("rg:mailed")
    bench.clock.forward(HOUR)
    bench.sync()
    result = bench.apply(plan.id)
    assert "consent was read anew" in result.stopped
    assert 0 < len(there) < 30
    assert bench.inside("rg:mailed") == there


def test_a_plan_that_hands_nobody_over_outlives_a_reading_of_consent(bench):
    bench.add("ada", stage="retention")
    plan = bench.plan()
    bench.clock.forward(HOUR)
    bench.sync()
    assert bench.apply(plan.id).written == 1


def test_a_kill_at_any_commit_leaves_no_open_run_beside_a_closed_plan(bench, monkeypatch):
    bench.add("ada", stage="retention")
    plan = bench.plan()
    commit, left, ends = Journal.tx, [0], set()

    def killed(journal, lease):
        left[0] -= 1
        if left[0] == 0:
            raise SystemExit
        return commit(journal, lease)

    monkeypatch.setattr(Journal, "tx", killed)
    for number in range(1, 20):
        left[0] = number
        with suppress(SystemExit, PlanError):
            bench.apply(plan.id)
        with bench.open() as (journal, _, _):
            ends.add((journal.rows("SELECT state FROM plan")[0][0], *journal.rows("SELECT state FROM run")))
    assert ("applied", ("ok",)) in ends
    assert ("applied", ("open",)) not in ends


def test_another_account_gets_nothing(bench):
    bench.add("ada", stage="retention")
    plan = bench.plan()
    bench.sandbox.account = "tiny-2"
    with pytest.raises(WrongAccountError):
        bench.apply(plan.id)
    assert bench.sandbox.writes == []


def test_a_plan_made_for_one_account_is_not_written_to_another(bench):
    bench.add("ada", stage="retention")
    plan = bench.plan()
    bench.move("tiny-2")
    with pytest.raises(PlanError, match="crm is account tiny-2 by now, not tiny-1"):
        bench.apply(plan.id)
    assert bench.sandbox.writes == []
    assert bench.apply(bench.plan().id).written == 1


def test_who_lost_the_lease_sends_nothing_more(bench):
    from regulars.apply.ledger import Ledger, in_order

    bench.add("ada", stage="retention")
    plan = bench.plan()
    with bench.open() as (journal, lease, _):
        ledger = Ledger(journal, lease, plan)
        ledger.begin("r-9")
        journal.release(lease)
        with journal.lease("thief"), pytest.raises(LockedError):
            ledger.send(ledger.entries())
    assert in_order(plan) == plan.writable()


def test_a_field_that_vanished_since_the_plan_stops_it(bench):
    bench.add("ada", stage="retention")
    bench.sandbox.fields = ["rg_stage"]
    plan = bench.plan()
    bench.sandbox.fields = []
    with pytest.raises(PlanError, match="rg_stage is gone"):
        bench.apply(plan.id)


def test_a_plan_of_which_nothing_was_sent_is_not_half_applied(bench):
    bench.add("ada", stage="retention")
    bench.sandbox.fields = ["rg_stage"]
    first = bench.plan()
    bench.sandbox.fields = []
    with pytest.raises(PlanError, match="rg_stage is gone"):
        bench.apply(first.id)
    assert bench.apply(bench.plan_from_the_mirror(allowed=["x:y"]).id).written == 1


def half_applied(bench):
    """A plan that an outage cut short, with changes of which nobody knows whether they arrived."""
    crowd(bench)
    plan = bench.plan()
    bench.sandbox.faults = [Fault("status", "GET /people", skip=5, times=99)]
    with pytest.raises(PlatformError):
        bench.apply(plan.id)
    bench.sandbox.faults = []
    return plan


def test_a_half_applied_plan_that_lost_a_field_is_settled_and_closed(bench):
    bench.sandbox.fields = ["rg_stage", "rg_value", "rg_last"]
    plan = half_applied(bench)
    sent = len(bench.sandbox.writes)
    bench.sandbox.fields.remove("rg_last")
    result = bench.apply(plan.id)
    assert result.stopped == "rg_last is gone from TinyCRM since the plan was made"
    assert result.written == sent == len(bench.sandbox.writes)
    assert bench.apply(bench.plan().id).written > 0


@pytest.mark.parametrize("way", ["dropped", "only read", "another account"])
def test_a_half_applied_plan_whose_connection_is_gone_is_closed_and_the_next_one_goes_on(bench, way):
    plan = half_applied(bench)
    file = bench.root / "clients" / "fernhill.toml"
    text, sent = file.read_text(), len(bench.sandbox.writes)
    match way:
        case "dropped":
            file.write_text(text[: text.index("[connections.crm]")])
        case "only read":
            file.write_text(text.replace('role = "both"', 'role = "source"'))
        case _:
            bench.move("tiny-2")
    result = bench.apply(plan.id)
    assert result.stopped.startswith("crm ")
    assert set(bench.states(plan.id).values()) == {"confirmed", "unknown", "rejected"}
    assert len(bench.sandbox.writes) == sent
    file.write_text(text)
    bench.sandbox.account = "tiny-1"
    assert bench.apply(bench.plan_from_the_mirror(allowed=["x:y"]).id).written > 0


def cut_short(bench, plan):
    """Apply a plan whose one change arrives, while neither the answer nor any look afterwards does."""
    bench.sandbox.faults = [
        Fault("status", "GET /people", skip=1, times=99),
        Fault("lost", "POST /write", times=99),
    ]
    with pytest.raises(PlatformError):
        bench.apply(plan.id)
    bench.sandbox.faults = []


def test_a_code_that_may_have_been_issued_is_unknown_once_the_plan_is_late(bench):
    tiny = bench.plugins.connectors["tinycrm"]
    bench.plugins.connectors["tinycrm"] = replace(tiny, writes=replace(tiny.writes, repeats_codes=True))
    bench.add("ada")
    code = IssueCode("ada", "TEA-1", 500, "GBP", "2026-12-31")
    plan = bench.plan(extra=[PlannedChange("crm", code, None, None, "an offer")])
    cut_short(bench, plan)
    assert bench.sandbox.codes == {"TEA-1"}
    bench.clock.forward(7 * HOUR)
    result = bench.apply(plan.id)
    assert (result.unknown, result.rejected, result.exit_code) == (1, 0, 3)


def test_a_person_who_may_have_been_asked_is_unknown_once_the_plan_is_late(tmp_path):
    change = AddressChange("ada", "ada@example.test", "new@example.test", "job:1")
    with opened(tmp_path, role="mail") as bench:
        bench.configure("[write]\npending_member = true\n" + MAPS)
        bench.add("ada")
        plan = bench.plan(extra=[PlannedChange("crm", change, "ada@example.test", None, "confirmed")])
        cut_short(bench, plan)
        assert bench.sandbox.pending == ["new@example.test"]
        bench.clock.forward(7 * HOUR)
        assert set(bench.apply(plan.id).left) == {
            "it was sent and may have arrived; look on the platform:"
            f" plan {plan.id} expired before all of it was written"
        }
        assert set(bench.states(plan.id).values()) == {"unknown"}


def test_a_value_that_did_not_arrive_is_refused_once_the_plan_is_late(bench):
    bench.add("ada", stage="retention")
    plan = bench.plan()
    cut_short(bench, plan)
    bench.sandbox.people["ada"]["fields"] = {}
    bench.clock.forward(7 * HOUR)
    result = bench.apply(plan.id)
    assert (result.rejected, result.unknown) == (1, 0)
    assert next(iter(result.left)).startswith("it did not arrive and was not sent again")


def test_a_confirmed_new_address_is_written_where_the_client_allowed_it(bench):
    bench.add("ada")
    change = AddressChange("ada", "ada@example.test", "ada.new@example.test", "job:1")
    extra = [PlannedChange("crm", change, "ada@example.test", None, "confirmed by the person")]
    assert [c.blocked for c in bench.plan(extra=extra).changes] == ["write.replace_email is off"]
    bench.configure("[write]\nreplace_email = true\n" + MAPS)
    bench.apply(bench.plan(extra=extra).id)
    assert bench.sandbox.people["ada"]["email"] == "ada.new@example.test"
    with bench.open() as (journal, _, _):
        assert "ada.new" not in json.dumps(journal.rows("SELECT * FROM ledger"))


def test_an_opted_out_person_keeps_the_address(bench):
    bench.configure("[write]\nreplace_email = true\n" + MAPS)
    bench.add("ada")
    change = AddressChange("ada", "ada@example.test", "ada.new@example.test", "job:1")
    plan = bench.plan(extra=[PlannedChange("crm", change, "ada@example.test", None, "confirmed")])
    bench.sandbox.people["ada"]["state"] = "unsubscribed"
    assert bench.apply(plan.id).rejected == 1
    assert bench.sandbox.writes == []
