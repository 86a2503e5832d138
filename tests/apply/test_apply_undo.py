"""Undo: an inverse plan that puts back what we replaced, where nobody changed it since."""

from __future__ import annotations

import copy
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plan.bench import CALLS, HOUR, MAILED, MAPS, NEWS
from plan.bench import bench as opened
from regulars.changes import AddressChange, SetField
from regulars.connector import FieldSpec
from regulars.errors import PlanError, RefusedError
from regulars.plan import PlannedChange

STAGES = st.sampled_from(["acquisition", "retention", "expansion", None])
VALUES = st.one_of(st.none(), st.integers(0, 500).map(float))
PERSON = st.fixed_dictionaries(
    {"stage": STAGES, "clv_12m": VALUES, "member": st.booleans(), "now_stage": STAGES, "now_in": st.booleans()}
)


def snapshot(bench):
    return {k: (dict(p["fields"]), sorted(p["lists"]), p["email"]) for k, p in bench.sandbox.people.items()}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(people=st.lists(PERSON, min_size=1, max_size=8), touched=st.sets(st.integers(0, 7)))
def test_undo_after_apply_is_the_identity_but_for_what_others_touched(tmp_path_factory, people, touched):
    with opened(tmp_path_factory.mktemp("undo")) as bench:
        for n, person in enumerate(people):
            bench.add(f"c{n}", stage=person["stage"], clv_12m=person["clv_12m"])
            platform = bench.sandbox.people[f"c{n}"]
            platform["fields"] = {"theirs": "x"} | ({"rg_stage": s} if (s := person["now_stage"]) else {})
            platform["lists"] = ["theirs"] + (["rg:news"] if person["now_in"] else [])
        bench.segments = {"news": {f"c{n}" for n, person in enumerate(people) if person["member"]}}
        before = snapshot(bench)
        plan = bench.plan()
        result = bench.apply(plan.id)
        if not result.written:
            assert snapshot(bench) == before
            return
        for n in touched:
            if f"c{n}" in bench.sandbox.people:
                bench.sandbox.people[f"c{n}"]["fields"]["rg_stage"] = "touched"
        expected = copy.deepcopy(before)
        for n in touched:
            if f"c{n}" in expected:
                expected[f"c{n}"][0]["rg_stage"] = "touched"
        bench.apply(bench.undo(result.run_id).id)
        assert snapshot(bench) == expected


def test_what_was_so_already_is_not_taken_back(bench):
    bench.add("ada", stage="retention", clv_12m=5.0)
    plan = bench.plan()
    bench.sandbox.people["ada"]["fields"]["rg_stage"] = "retention"
    result = bench.apply(plan.id)
    assert {c.name for c in bench.undo(result.run_id).changes} == {"rg_value"}


def test_the_undone_plan_is_marked_and_an_undo_can_be_undone(bench):
    bench.add("ada", stage="retention", last_order_on=date(2026, 1, 1))
    plan = bench.plan()
    first = bench.apply(plan.id)
    second = bench.apply(bench.undo(first.run_id).id)
    assert bench.held("rg_stage") == {}
    with bench.open() as (journal, _, _):
        assert journal.rows("SELECT state FROM plan WHERE id = ?", (plan.id,)) == [("undone",)]
    bench.apply(bench.undo(second.run_id).id)
    assert bench.held("rg_stage") == {"ada": "retention"}


def test_nobody_goes_back_to_a_senders_list_without_consent_as_it_is_now(bench):
    bench.in_use = (MAILED, NEWS)
    bench.add("ada")
    bench.add("bob")
    for key in ("ada", "bob"):
        bench.sandbox.people[key]["lists"] = ["rg:mailed", "rg:news"]
    result = bench.apply(bench.plan().id)
    assert bench.inside("rg:mailed") == set()
    bench.consents["ada"] = "no"
    bench.sync()
    plan = bench.undo(result.run_id)
    assert {c.blocked for c in plan.changes} == {"", "may not be mailed by now"}
    bench.apply(plan.id)
    assert bench.inside("rg:mailed") == {"bob"}
    assert bench.inside("rg:news") == {"ada", "bob"}


@pytest.mark.parametrize("channel", ["phone", "sms"])
def test_nobody_goes_back_to_a_list_that_asks_for_consent_after_a_no_on_its_channel(bench, channel):
    bench.in_use = (CALLS, NEWS)
    for customer in ("ada", "bob", "cyd"):
        bench.add(customer)
        bench.sandbox.people[customer]["lists"] = ["rg:calls", "rg:news"]
    result = bench.apply(bench.plan().id)
    assert bench.inside("rg:calls") == set()
    bench.elsewhere = [("ada", channel, "unsubscribed"), ("cyd", "post", "unsubscribed")]
    bench.records.remove(("bob", "bob"))
    bench.sync()
    plan = bench.undo(result.run_id)
    blocked = {c.change.id: c.blocked for c in plan.changes if c.name == "rg:calls"}
    assert blocked == {"ada": f"said no on {channel} by now", "bob": "is no customer's record by now", "cyd": ""}
    bench.apply(plan.id)
    assert (bench.inside("rg:calls"), bench.inside("rg:news")) == ({"cyd"}, {"ada", "bob", "cyd"})


def test_an_undo_made_before_a_no_on_a_lists_channel_is_not_applied(bench):
    bench.in_use = (CALLS,)
    bench.add("ada")
    bench.sandbox.people["ada"]["lists"] = ["rg:calls"]
    plan = bench.undo(bench.apply(bench.plan().id).run_id)
    bench.clock.forward(HOUR)
    bench.elsewhere = [("ada", "phone", "unsubscribed")]
    bench.sync()
    with pytest.raises(RefusedError, match="consent was read anew"):
        bench.apply(plan.id)
    assert bench.inside("rg:calls") == set()


def test_of_two_plans_under_one_run_each_is_taken_back_by_itself(bench):
    bench.add("ada", stage="retention")
    first = bench.plan()
    bench.apply(first.id)
    with bench.open() as (journal, lease, _), journal.tx(lease) as tx:
        tx.execute("UPDATE run SET state = 'open'")  # as a kill left it in earlier versions
    bench.in_use = (MAILED, NEWS)
    bench.sandbox.people["ada"]["lists"] = ["rg:mailed"]
    second = bench.plan()
    run = bench.apply(second.id).run_id
    bench.consents["ada"] = "no"
    bench.sync()
    plan = bench.undo(run)
    assert [(c.kind, c.blocked) for c in plan.changes] == [("join", "may not be mailed by now")]
    bench.apply(plan.id)
    assert (bench.held("rg_stage"), bench.inside("rg:mailed")) == ({"ada": "retention"}, set())
    assert [c.kind for c in bench.undo(run).changes] == ["set"]


def test_an_address_goes_back_on_a_crm_and_not_on_a_mail_platform(tmp_path):
    change = AddressChange("ada", "ada@example.test", "new@example.test", "job:1")
    extra = [PlannedChange("crm", change, "ada@example.test", None, "confirmed")]
    with opened(tmp_path) as bench:
        bench.configure("[write]\nreplace_email = true\n" + MAPS)
        bench.add("ada")
        result = bench.apply(bench.plan(extra=extra).id)
        bench.apply(bench.undo(result.run_id).id)
        assert bench.sandbox.people["ada"]["email"] == "ada@example.test"


def test_a_person_who_was_asked_cannot_be_unasked(tmp_path):
    change = AddressChange("ada", "ada@example.test", "new@example.test", "job:1")
    extra = [PlannedChange("crm", change, "ada@example.test", None, "confirmed")]
    with opened(tmp_path, role="mail") as bench:
        bench.configure("[write]\npending_member = true\n" + MAPS)
        bench.add("ada", stage="retention")
        result = bench.apply(bench.plan(extra=extra).id)
        assert bench.sandbox.pending == ["new@example.test"]
        plan = bench.undo(result.run_id)
        assert [c.kind for c in plan.changes] == ["set"]
        assert plan.notes[0].startswith("1 changes cannot be taken back")


def test_a_new_address_that_may_no_longer_be_used_does_not_come_back(bench):
    specs = [FieldSpec("rg_ecoa_email", "text"), FieldSpec("rg_ecoa_state", "text")]
    bench.add("ada", stage="retention")
    bench.sandbox.people["ada"]["fields"] |= {"rg_ecoa_email": "new@example.test", "rg_ecoa_state": "confirmed"}
    extra = [
        PlannedChange("crm", SetField("ada", "rg_ecoa_email", None), "new@example.test", None, "no longer"),
        PlannedChange("crm", SetField("ada", "rg_ecoa_state", None), "confirmed", None, "no longer"),
    ]
    result = bench.apply(bench.plan(extra=extra, specs={"crm": specs}).id)
    assert bench.held("rg_ecoa_email") == {}
    plan = bench.undo(result.run_id)
    assert [c.name for c in plan.changes] == ["rg_stage"]
    assert plan.notes[0].startswith("2 changes cannot be taken back")


def test_what_was_written_to_one_account_is_not_taken_back_in_another(bench):
    bench.add("ada", stage="retention")
    result = bench.apply(bench.plan().id)
    made = bench.undo(result.run_id)
    bench.move("tiny-2")
    with pytest.raises(PlanError, match="crm is account tiny-2 by now, not tiny-1"):
        bench.undo(result.run_id)
    with pytest.raises(PlanError, match="crm is account tiny-2 by now, not tiny-1"):
        bench.apply(made.id)
    assert bench.held("rg_stage") == {"ada": "retention"}


def test_a_run_that_wrote_nothing_cannot_be_undone(bench):
    with pytest.raises(PlanError, match="wrote nothing"):
        bench.undo("r-nope")
