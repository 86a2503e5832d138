"""What a plan says: the difference between the platform, what we wrote and what we want."""

from __future__ import annotations

import json
from datetime import date

import pytest
from plan.bench import CALLS, HOUR, MAILED, MAPS, NEWS
from regulars.changes import AddressChange, JoinList, LeaveList, SetField
from regulars.connector import FieldSpec
from regulars.errors import ConfigError, PlanError, RefusedError, WrongAccountError
from regulars.plan import PlannedChange, load_plan, render
from regulars.plan.diff import UNCOUNTED
from regulars.segments import Segment


def changes(plan):
    return {(c.change.id, c.name): c.wanted for c in plan.writable()}


def test_a_customer_found_on_the_platform_gets_its_values(bench):
    bench.add("ada", stage="retention", clv_12m=12.5, last_order_on=date(2026, 11, 1))
    assert changes(bench.plan()) == {
        ("ada", "rg_stage"): "retention",
        ("ada", "rg_value"): "12.5",
        ("ada", "rg_last"): "2026-11-01",
    }


def test_a_customer_without_a_record_is_counted_and_not_created(bench):
    bench.add("ada", None, stage="retention")
    bench.add("bob", stage="retention")
    plan = bench.plan()
    target = plan.target("crm")
    assert (target.customers, target.found) == (2, 1)
    assert set(changes(plan)) == {("bob", "rg_stage")}


def test_several_records_of_one_customer_all_get_the_value(bench):
    bench.add("ada", stage="retention")
    bench.add("ada", "ada-2", stage="retention")
    assert set(changes(bench.plan())) == {("ada", "rg_stage"), ("ada-2", "rg_stage")}


def test_a_record_claimed_by_two_customers_is_blocked(bench):
    bench.add("ada", "shared", stage="retention")
    bench.add("bob", "shared", stage="expansion")
    plan = bench.plan()
    assert plan.writable() == []
    assert {c.blocked for c in plan.changes} == {"claimed by 2 customers"}
    assert plan.target("crm").fields[0].blocked == 1


def test_a_customer_held_back_by_identity_is_blocked(bench):
    bench.add("ada", stage="retention")
    bench.held_back["ada"] = "9 profiles share addresses"
    assert [c.blocked for c in bench.plan().changes] == ["9 profiles share addresses"]


CONSENT_MAP = '[[map]]\nto = "crm"\nfield = "rg_mail"\nfrom = "email_consent"\ntype = "text"\n'


def test_a_customer_with_an_order_that_counts_nowhere_gets_nothing_that_rests_on_orders(bench):
    bench.configure(MAPS + CONSENT_MAP)
    bench.add("ada", stage="acquisition", email_consent="no")
    bench.add("bob", stage="retention", email_consent="yes")
    bench.sandbox.people["ada"]["fields"] |= {"rg_last": "2026-11-01", "rg_stage": "retention"}
    bench.segments, bench.uncounted = {"news": {"ada", "bob"}}, {"ada"}
    plan = bench.plan()
    found = {(c.change.id, c.name): c.blocked for c in plan.changes}
    assert {key for key, why in found.items() if why == UNCOUNTED} == {
        ("ada", "rg_stage"), ("ada", "rg_last"), ("ada", "rg:news"),
    }  # fmt: skip
    assert {key for key, why in found.items() if not why} == {
        ("ada", "rg_mail"), ("bob", "rg_stage"), ("bob", "rg_mail"), ("bob", "rg:news"),
    }  # fmt: skip
    assert f"    blocked: 1 with: {UNCOUNTED}" in render(plan, bench.client.zone)


def test_an_order_that_counts_nowhere_keeps_nobody_in_a_senders_list(bench):
    bench.in_use = (MAILED, NEWS)
    bench.add("ada")
    bench.add("bob")
    bench.sandbox.people["ada"]["lists"] = ["rg:mailed", "rg:news"]
    bench.segments, bench.uncounted = {"mailed": {"bob"}, "news": set()}, {"ada", "bob"}
    assert [c.change for c in bench.plan().writable()] == [LeaveList("ada", "rg:mailed")]


@pytest.mark.parametrize("asked", ["Reach_Phone", "(reach_phone = TRUE)", "coalesce(reach_phone, FALSE)"])
def test_an_order_that_counts_nowhere_keeps_nobody_who_said_no_in_a_list_that_asks_for_consent(bench, asked):
    bench.in_use = (NEWS, Segment("calls", "To be called", f"is_customer AND {asked}"))
    for customer in ("ada", "bob", "cyd"):
        bench.add(customer)
        bench.sandbox.people[customer]["lists"] = ["rg:calls", "rg:news"]
    bench.segments, bench.uncounted = {"calls": set(), "news": set()}, {"ada", "bob", "cyd"}
    bench.elsewhere = [("ada", "phone", "withdrawn"), ("bob", "phone", "unknown")]
    bench.consents["cyd"] = "no"  # to e-mail, for which nobody asks here
    plan = bench.plan()
    assert [c.change for c in plan.writable()] == [LeaveList("ada", "rg:calls")]
    assert {c.blocked for c in plan.changes} == {"", UNCOUNTED}


@pytest.mark.parametrize("asked", ["NOT reach_phone", "reach_phone = FALSE", "(reach_phone OR reach_post)"])
def test_a_list_of_those_who_cannot_be_reached_or_otherwise_as_well_asks_for_no_consent(bench, asked):
    bench.in_use = (Segment("letters", "To be written", f"is_customer AND {asked}"),)
    bench.add("ada")
    bench.sandbox.people["ada"]["lists"] = ["rg:letters"]
    bench.segments, bench.uncounted = {"letters": set()}, {"ada"}
    bench.elsewhere = [("ada", "phone", "withdrawn")]
    assert [c.blocked for c in bench.plan().changes] == [UNCOUNTED]


def test_the_same_value_in_other_words_is_no_change(bench):
    bench.add("ada", stage="retention", clv_12m=12.5, last_order_on=date(2026, 11, 1))
    held = {"rg_stage": "retention", "rg_value": "12.50", "rg_last": "2026-11-01T00:00:00Z"}
    bench.sandbox.people["ada"]["fields"] = held
    plan = bench.plan()
    assert plan.changes == ()
    assert [field.same for field in plan.target("crm").fields] == [1, 1, 1]


@pytest.mark.parametrize(("now", "written"), [("100", False), ("104.9", False), ("94", True), ("0", True)])
def test_a_jitter_below_the_threshold_is_no_change(bench, now, written):
    bench.add("ada", clv_12m=100.0)
    bench.sandbox.people["ada"]["fields"] = {"rg_value": now}
    assert (("ada", "rg_value") in changes(bench.plan())) == written


def test_null_clears_only_the_field_that_says_so(bench):
    bench.add("ada")
    bench.sandbox.people["ada"]["fields"] = {"rg_stage": "retention", "rg_value": "9", "rg_last": "2026-01-01"}
    plan = bench.plan()
    assert changes(plan) == {("ada", "rg_last"): None}
    assert [field.clear for field in plan.target("crm").fields] == [0, 0, 1]


def test_people_join_and_leave_lists(bench):
    bench.add("ada")
    bench.add("bob")
    bench.sandbox.people["bob"]["lists"] = ["rg:news", "theirs"]
    bench.segments = {"news": {"ada"}}
    plan = bench.plan()
    assert [c.change for c in plan.writable()] == [JoinList("ada", "rg:news"), LeaveList("bob", "rg:news")]
    listed = plan.target("crm").lists[0]
    assert (listed.before, listed.joins, listed.leaves, listed.after) == (1, 1, 1, 1)


def test_nobody_without_consent_is_handed_to_a_sender_and_who_lost_it_leaves(bench):
    bench.in_use = (MAILED, NEWS)
    for name in ("yes", "no", "was"):
        bench.add(name)
    bench.sandbox.people["was"]["lists"] = ["rg:mailed"]
    bench.segments = {"mailed": {"yes", "no", "was"}, "news": {"no"}}
    bench.consents |= {"no": "no", "was": "no"}
    assert [c.change for c in bench.plan().writable()] == [
        LeaveList("was", "rg:mailed"),
        JoinList("yes", "rg:mailed"),
        JoinList("no", "rg:news"),
    ]


def test_a_mail_platform_takes_no_segment_without_consent_even_if_it_does_not_say_so(tmp_path):
    from plan.bench import bench as opened

    with opened(tmp_path, role="mail") as bench:
        bench.add("no")
        bench.consents["no"] = "no"
        bench.segments = {"news": {"no"}}
        assert bench.plan().changes == ()


def test_of_two_records_of_a_person_the_one_that_is_dead_or_said_no_is_not_handed_over(bench):
    bench.in_use = (MAILED, NEWS)
    bench.add("ada")
    for record in ("ada-dead", "ada-left", "ada-pending", "ada-was"):
        bench.add("ada", record)
    bench.said = {"ada": "subscribed", "ada-left": "unsubscribed", "ada-pending": "pending"}
    bench.dead = {"ada-dead", "ada-was"}
    bench.sandbox.people["ada-was"]["lists"] = ["rg:mailed"]
    bench.segments = {"mailed": {"ada"}, "news": {"ada"}}
    plan = bench.plan()
    assert [c.change for c in plan.writable() if c.change.list == "rg:mailed"] == [
        JoinList("ada", "rg:mailed"),
        LeaveList("ada-was", "rg:mailed"),
    ]
    assert len([c for c in plan.writable() if c.change.list == "rg:news"]) == 5


@pytest.mark.parametrize("segment", [MAILED, CALLS])
def test_old_consent_blocks_joins_but_not_leaves(bench, segment):
    bench.in_use = (segment,)
    bench.add("ada")
    bench.add("bob")
    bench.sandbox.people["bob"]["lists"] = [f"rg:{segment.name}"]
    bench.segments = {segment.name: {"ada"}}
    bench.sync()
    bench.clock.forward(27 * HOUR)
    plan = bench.plan_from_the_mirror()
    assert [c.change for c in plan.writable()] == [LeaveList("bob", f"rg:{segment.name}")]
    assert any("consent is not fresh" in note for note in plan.notes)


def test_a_value_that_is_no_option_is_blocked(bench):
    bench.add("ada", stage="unheard-of")
    assert [c.blocked for c in bench.plan().changes] == ["'unheard-of' is none of the field's options"]


def many(bench, number=30, **values):
    for n in range(number):
        bench.add(f"c{n:02}", **values)


def written_before(bench, name, value, when="2026-11-20T00:00:00+00:00"):
    """The ledger and the platform say that we wrote this."""
    with bench.open() as (journal, lease, _), journal.tx(lease) as tx:
        for key, person in bench.sandbox.people.items():
            person["fields"][name] = value
            tx.execute(
                "INSERT INTO ledger (plan_id, run_id, connection, record_id, kind, field, wanted, state, at)"
                " VALUES ('p', 'r', 'crm', ?, 'set', ?, ?, 'confirmed', ?)",
                (key, name, value, when),
            )


def test_too_large_a_change_blocks_its_field_and_no_other(bench):
    many(bench, stage="retention", clv_12m=5.0)
    written_before(bench, "rg_stage", "acquisition")
    plan = bench.plan()
    stage, value, _ = plan.target("crm").fields
    assert stage.guard == "guard max_change_pct_per_field: 100.0 %, limit 40 %"
    assert value.guard == ""
    assert {c.name for c in plan.writable()} == {"rg_value"}
    allowed = bench.plan(allowed=["max_change_pct_per_field:rg_stage"])
    assert {c.name for c in allowed.writable()} == {"rg_value", "rg_stage"}


def test_the_first_time_a_field_is_written_its_share_says_nothing(bench):
    many(bench, stage="retention")
    for person in bench.sandbox.people.values():
        person["fields"]["rg_stage"] = "acquisition"
    plan = bench.plan()
    assert len(plan.writable()) == 30
    assert any("first time" in note for note in plan.notes)


def test_an_empty_source_clears_nobody(bench):
    many(bench)
    for person in bench.sandbox.people.values():
        person["fields"] = {"rg_last": "2026-01-01", "rg_stage": "retention"}
    plan = bench.plan()
    assert plan.writable() == []
    assert "max_clear_pct_per_field" in plan.target("crm").fields[2].guard


def test_a_segment_that_shifts_too_far_is_blocked(bench):
    many(bench, 40)
    for key in list(bench.sandbox.people)[:20]:
        bench.sandbox.people[key]["lists"] = ["rg:news"]
    bench.segments = {"news": set(bench.people)}
    plan = bench.plan()
    assert plan.target("crm").lists[0].guard == "guard max_segment_shift_pct: 100.0 %, limit 30 %"
    assert plan.target("crm").lists[0].after == 20
    assert plan.writable() == []


def test_a_guard_keeps_nobody_in_a_senders_list_who_said_no(bench):
    bench.in_use = (MAILED,)
    many(bench, 40)
    inside = list(bench.people)[:20]
    for key in inside:
        bench.sandbox.people[key]["lists"] = ["rg:mailed"]
    bench.segments = {"mailed": set()}
    bench.consents |= {inside[0]: "no", inside[1]: "unknown"}
    bench.said = {inside[2]: "unsubscribed"}
    plan = bench.plan()
    listed = plan.target("crm").lists[0]
    assert listed.guard == "guard max_segment_shift_pct: 100.0 %, limit 30 %"
    assert [c.change for c in plan.writable()] == [LeaveList(inside[n], "rg:mailed") for n in (0, 2)]
    assert (listed.leaves, listed.after) == (20, 18)
    assert "    2 who said no leave all the same" in render(plan, bench.client.zone)


def test_doubt_about_whose_a_record_is_keeps_nobody_in_a_senders_list_who_said_no(bench):
    bench.in_use = (MAILED, NEWS)
    bench.add("ada")
    bench.sandbox.people["ada"]["lists"] = ["rg:mailed", "rg:news"]
    bench.held_back["ada"] = "two people share the address"
    bench.consents["ada"] = "no"
    assert [c.change for c in bench.plan().writable()] == [LeaveList("ada", "rg:mailed")]


def test_too_many_records_block_the_whole_plan(bench):
    bench.configure("[guards]\nmax_write_records = 5\n" + MAPS)
    many(bench, 6, stage="retention")
    plan = bench.plan()
    assert plan.writable() == []
    assert {c.blocked for c in plan.changes} == {"guard max_write_records: 6 records, limit 5"}


def test_a_plan_that_touches_too_many_records_keeps_nobody_in_a_senders_list_who_said_no(bench):
    bench.configure("[guards]\nmax_write_records = 5\n" + MAPS)
    bench.in_use = (MAILED,)
    many(bench, 6, stage="retention")
    first, second, *_ = bench.people
    for key in (first, second):
        bench.sandbox.people[key]["lists"] = ["rg:mailed"]
    bench.consents[first] = "no"
    plan = bench.plan()
    assert [c.change for c in plan.writable()] == [LeaveList(first, "rg:mailed")]
    assert plan.guards == ("plan: guard max_write_records: 6 records, limit 5",)
    shown = "\n".join(render(plan, bench.client.zone))
    assert "limit 5; let it pass: a higher max_write_records below [guards], then plan again" in shown
    assert (LeaveList(second, "rg:mailed"), "guard max_write_records: 6 records, limit 5") in {
        (c.change, c.blocked) for c in plan.changes
    }


def test_somebody_elses_change_of_our_field_is_repaired_and_said(bench):
    bench.add("ada", stage="retention")
    bench.add("bob", stage="retention")
    written_before(bench, "rg_stage", "retention")
    bench.sandbox.people["ada"]["fields"]["rg_stage"] = "expansion"
    plan = bench.plan()
    (change,) = plan.writable()
    assert change.change == SetField("ada", "rg_stage", "retention")
    assert "drift: the platform has expansion, we had written retention" in change.reason
    assert (change.now, change.last, change.wanted) == ("expansion", "retention", "retention")


def test_a_mirror_older_than_our_write_does_not_plan_it_again(bench):
    bench.add("ada", stage="retention")
    bench.sync()
    written_before(bench, "rg_stage", "retention", when="2026-11-21T09:00:00+00:00")
    assert bench.plan_from_the_mirror().changes == ()


@pytest.mark.parametrize(("read", "planned"), [("2026-11-21T09:30:00", 0), ("2026-11-21T10:30:00", 1)])
def test_what_left_a_records_time_alone_is_believed_once_it_was_read_after_the_lag(bench, read, planned):
    """Somebody took our tag away; the platform's time of the record is still older than our own write."""
    bench.add("ada")
    bench.segments = {"news": {"ada"}}
    bench.sync()
    with bench.open() as (journal, lease, _), journal.tx(lease) as tx:
        tx.execute(
            "INSERT INTO ledger (plan_id, run_id, connection, record_id, kind, field, wanted, state, at)"
            " VALUES ('p', 'r', 'crm', 'ada', 'join', 'rg:news', 'in', 'confirmed', '2026-11-21T09:00:00+00:00')"
        )
        tx.execute("DELETE FROM segment")
        tx.execute(
            "INSERT INTO segment (seq, run_id, connection, stream, kind, path, rows, at)"
            f" VALUES (1, 'r-1', 'crm', 'people', 'person', 'x', 1, '{read}+00:00')"
        )
    assert len(bench.plan_from_the_mirror().changes) == planned


def test_confirmed_new_addresses_are_counted_apart(tmp_path):
    from plan.bench import bench as opened

    extra = PlannedChange("crm", AddressChange("ada", "a@example.test", "b@example.test", "job:1"),
                          "a@example.test", None, "confirmed by the person")  # fmt: skip
    with opened(tmp_path, role="mail") as bench:
        bench.configure("[write]\npending_member = true\n" + MAPS)
        bench.add("ada")
        plan = bench.plan(extra=[extra])
        assert plan.target("crm").asked == 1
        assert [c.change for c in plan.writable()] == [extra.change]
        text = (bench.client.data_dir / "plans" / f"{plan.id}.json").read_text()
        assert "b@example.test" in text
        assert "b@example.test" not in "\n".join(render(plan, bench.client.zone))


def test_extra_changes_bring_the_fields_that_they_need(bench):
    bench.add("ada")
    extra = [PlannedChange("crm", SetField("ada", "rg_new_email", "x"), None, None, "confirmed")]
    plan = bench.plan(extra=extra, specs={"crm": [FieldSpec("rg_new_email", "text", "New address")]})
    assert plan.target("crm").missing_fields[-1] == "rg_new_email"
    assert [(f.name, f.set) for f in plan.target("crm").fields if f.set] == [("rg_new_email", 1)]
    assert bench.apply(plan.id).written == 1


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ('[[map]]\nto = "crm"\nfield = "rg_x"\nfrom = "stag"', "Did you mean 'stage'"),
        ('[[map]]\nto = "crm"\nfield = "lifecyclestage"\nfrom = "stage"', "not ours"),
        ('[[map]]\nto = "crm"\nfield = "rg_x"\nfrom = "stage"\ntype = "number"', "stage is a text"),
        ('[[map]]\nto = "crm"\nfield = "rg_x"\nfrom = "open_ticket"\ntype = "boolean"', "no boolean fields"),
        ('[[map]]\nto = "crm"\nfield = "rg_x"\nfrom = "country"\ntype = "enumeration"', "without options"),
        ('[[map]]\nto = "crm"\nfield = "newsletter"\nfrom = "segments"', "not ours"),
        (MAPS + '[[map]]\nto = "crm"\nfield = "rg_stage"\nfrom = "level"', "filled twice"),
    ],
)
def test_a_wrong_map_entry_is_explained(bench, settings, word):
    bench.configure(settings)
    bench.add("ada")
    with pytest.raises(ConfigError, match=word):
        bench.plan()


def test_another_account_behind_the_token_is_noticed(bench):
    bench.add("ada", stage="retention")
    bench.sandbox.account = "tiny-2"
    with pytest.raises(WrongAccountError):
        bench.plan()


def test_a_plan_is_read_back_as_it_was_made(bench):
    bench.add("ada", stage="retention", clv_12m=12.5)
    bench.segments = {"news": {"ada"}}
    plan = bench.plan()
    with bench.open() as (journal, _, _):
        assert load_plan(plan.id, bench.client.data_dir / "plans", journal) == plan
        assert load_plan(plan.id[:4], bench.client.data_dir / "plans", journal) == plan


@pytest.mark.parametrize(
    ("old", "new"),
    [('"retention"', '"expansion"'), ('"expires_at": "2026', '"expires_at": "2027'), ('"ada"', '"bob"')],
)
def test_an_edited_plan_is_noticed(bench, old, new):
    bench.add("ada", stage="retention")
    plan = bench.plan()
    path = bench.client.data_dir / "plans" / f"{plan.id}.json"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with bench.open() as (journal, _, _), pytest.raises(PlanError, match="edited"):
        load_plan(plan.id, path.parent, journal)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 9}', '{"version": 1, "targets": 3}'])
def test_what_is_no_plan_is_refused_in_one_line(bench, text):
    bench.client.data_dir.mkdir(parents=True)
    path = bench.client.data_dir / "x.json"
    path.write_text(text)
    with bench.open() as (journal, _, _), pytest.raises(PlanError):
        load_plan(path, path.parent, journal)


def test_a_plan_of_before_lists_named_their_channels_still_opens(bench):
    from regulars.plan.document import digest_of

    bench.in_use = (CALLS,)
    bench.add("ada")
    bench.segments = {"calls": {"ada"}}
    plan = bench.plan()
    path = bench.client.data_dir / "plans" / f"{plan.id}.json"
    data = json.loads(path.read_text())
    assert data["targets"][0]["lists"][0].pop("channels") == ["phone", "sms"]
    with bench.open() as (journal, lease, _):
        data["digest"] = digest_of(data, journal.key)
        path.write_text(json.dumps(data))
        with journal.tx(lease) as tx:
            tx.execute("UPDATE plan SET digest = ?", (data["digest"],))
        older = load_plan(plan.id, path.parent, journal)
    assert [older.asks_for(change) for change in older.changes] == [()]
    assert bench.apply(plan.id).written == 1


def test_the_digest_holds_no_personal_value_and_differs_by_client_key(bench):
    from regulars.plan.document import digest_of

    bench.add("ada", stage="retention")
    data = bench.plan().to_json()
    assert digest_of(data, "00" * 32) != digest_of(data, "11" * 32)


def test_a_change_outside_the_namespace_cannot_be_slipped_in(bench):
    bench.add("ada")
    extra = PlannedChange("crm", SetField("ada", "lifecyclestage", "customer"), None, None, "sneaky")
    with pytest.raises(RefusedError):
        bench.plan(extra=[extra])


def test_the_plan_reads_like_a_plan(bench):
    for n in range(1200):
        bench.people[f"c{n}"] = {"stage": "retention"}
    bench.add("ada", stage="retention")
    bench.segments = {"news": {"ada"}}
    lines = "\n".join(render(bench.plan(), bench.client.zone))
    assert "1,201 customers → 1 found in TinyCRM, 1,200 not there" in lines
    assert "will not touch   e-mail, opt-outs" in lines
    assert "new in platform  rg_stage " in lines
    assert "valid until 2026-11-21 14:00 GMT" in lines
