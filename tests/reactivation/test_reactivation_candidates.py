"""What comes back is a candidate; only the person's own confirmation makes an address usable."""

from __future__ import annotations

from datetime import timedelta

import pytest
from reactivation.bench import add, row
from regulars.consent import stop
from regulars.reactivation import advance, candidates, erase, quote, submit

NAMES = ("ada", "bob", "cyd", "dan")


@pytest.fixture
def collect(desk, shop, lease, provider, clock):
    """Buy a job for NAMES, wait until it is done, collect; returns states by name and the progress."""

    def run(between=lambda: None):
        with shop.warehouse.burst() as session:
            for name in NAMES:
                add(session, name)
        job, _ = quote(desk, lease, provider)
        submit(desk, lease, provider, job.quote_ref, "renee")
        between()
        clock.forward(timedelta(days=20))
        progress = advance(desk, lease, provider)
        return {c.customer_id.removeprefix("c-"): c for c in candidates(desk.journal)}, progress

    return run


def test_every_permission_has_its_state(collect, sandbox):
    sandbox.answers["dan@example.test"] = ("dan.new@example.test", "wrong_person")
    found, progress = collect()
    assert {name: one.state for name, one in found.items()} == {
        "ada": "confirmed",
        "bob": "silent",
        "cyd": "declined",
        "dan": "wrong_person",
    }
    assert progress.found["confirmed"] == 1


def test_the_address_of_somebody_who_refused_is_not_kept(collect, sandbox):
    sandbox.answers["dan@example.test"] = ("dan.new@example.test", "wrong_person")
    found, _ = collect()
    assert {name: one.email for name, one in found.items()} == {
        "ada": "ada.new@example.test",
        "bob": "bob.new@example.test",
        "cyd": None,
        "dan": None,
    }


def test_an_address_that_was_not_found_is_no_match(collect):
    assert collect()[0]["dan"].state == "no_match"


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("same_as_old", "same_as_old"),
        ("role", "role"),
        ("other_customer", "another_customers"),
        ("disposable", "disposable"),
        ("trap", "trap_suspect"),
        ("household", "household"),
    ],
)
def test_a_wrong_result_never_becomes_a_candidate(collect, sandbox, kind, why):
    sandbox.behaviour.wrong = {"dan@example.test": kind}
    sandbox.behaviour.ignores_suppression = True
    sandbox.customers = ["bob@example.test"]
    one = collect()[0]["dan"]
    assert (one.state, one.why, one.email) == ("rejected", why, None)


def test_one_address_for_two_people_is_nobodys(collect, sandbox):
    sandbox.behaviour.wrong = {"dan@example.test": "shared", "bob@example.test": "shared"}
    found, _ = collect()
    assert [(found[name].state, found[name].why) for name in ("dan", "bob")] == [("rejected", "two_people")] * 2


def test_one_address_for_two_people_in_two_jobs_is_not_given_again(
    collect, desk, shop, lease, provider, sandbox, clock
):
    collect()
    shop.add("eve")
    sandbox.answers["eve@example.test"] = ("ada.new@example.test", "confirmed")
    job, _ = quote(desk, lease, provider)
    submit(desk, lease, provider, job.quote_ref, "renee")
    clock.forward(timedelta(days=20))
    advance(desk, lease, provider)
    found = {one.customer_id: one for one in candidates(desk.journal)}
    assert (found["c-eve"].state, found["c-eve"].why) == ("rejected", "two_people")


def test_an_address_that_said_no_is_rejected_where_the_provider_ignores_our_list(collect, sandbox, shop):
    sandbox.behaviour.ignores_suppression = True
    said = {"person_id": "gone", "channel": "email", "state": "unsubscribed", "deleted": False}
    with shop.warehouse.burst() as session:
        row(session, "consents", connection="mail", id="x", address="Ada.new@example.test", **said)
    assert collect()[0]["ada"].why == "suppressed"


def test_an_address_on_our_own_stop_list_is_rejected(collect, desk, lease):
    with desk.journal.tx(lease) as tx:
        stop(desk.journal, tx, ["ada.new@example.test"], "erased")
    one = collect()[0]["ada"]
    assert (one.state, one.why) == ("rejected", "suppressed")


def test_an_address_that_became_another_customers_meanwhile_is_rejected(collect, shop):
    one = collect(lambda: shop.add("eve", email="ada.new@example.test", bounce=None))[0]["ada"]
    assert (one.state, one.why) == ("rejected", "another_customers")


def test_an_address_that_bounces_too_is_rejected(collect, shop):
    def bounce():
        with shop.warehouse.burst() as session:
            row(
                session,
                "bounces",
                connection="x",
                id="9",
                email="ada.new@example.test",
                kind="hard",
                deleted=False,
            )

    assert collect(bounce)[0]["ada"].why == "bounces_too"


def test_foreign_rows_are_counted_and_missing_ones_do_no_harm(collect, sandbox):
    sandbox.behaviour.added_rows, sandbox.behaviour.lost_rows = 2, 1
    found, progress = collect()
    assert (progress.strangers, len(found)) == (2, 3)
    assert not any((one.email or "").startswith("stranger") for one in found.values())


def changed(collect, sandbox, **fields):
    """Collect after the provider's row about ada became another."""

    def spoil():
        (job,) = sandbox.jobs.values()
        for one in job["results"]:
            if one["old_email"] == "ada@example.test":
                one.update(fields)

    return collect(spoil)[0]["ada"]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"old_email": "bob@example.test"}, "another_row"),
        ({"code": "AMBIGUOUS"}, "ambiguous"),
        ({"code": "UNSAFE_NEW"}, "unsafe_new"),
        ({"code": "a word of theirs"}, "error_final"),
        ({"match_level": "Household"}, "household"),
        ({"match_level": "who knows"}, "household"),
        ({"deliverability": {"status": "invalid"}}, "undeliverable"),
        ({"flags": ["complainer"]}, "complainer"),
    ],
)
def test_a_row_that_is_not_beyond_doubt_never_becomes_an_address(collect, sandbox, fields, why):
    one = changed(collect, sandbox, **fields)
    assert (one.state, one.why, one.email) == ("rejected", why, None)


def test_two_rows_under_one_key_that_differ_are_nobodys(collect, sandbox):
    def contradict():
        (job,) = sandbox.jobs.values()
        (ada,) = (one for one in job["results"] if one["old_email"] == "ada@example.test")
        job["results"].append({**ada, "new_email": "another.ada@example.test"})

    one = collect(contradict)[0]["ada"]
    assert (one.state, one.why, one.email) == ("rejected", "ambiguous", None)


def test_two_rows_of_which_one_is_a_refusal_are_a_refusal(collect, sandbox):
    def refuse():
        (job,) = sandbox.jobs.values()
        (ada,) = (one for one in job["results"] if one["old_email"] == "ada@example.test")
        no = {"status": "opted_out", "at": ada["permission"]["at"]}
        job["results"].append({**ada, "permission": no})

    assert collect(refuse)[0]["ada"].state == "declined"


def test_the_same_row_twice_is_one(collect, sandbox):
    sandbox.behaviour.doubled_rows = 3
    found, progress = collect()
    assert (found["ada"].state, len(found), progress.strangers) == ("confirmed", 4, 0)


def test_who_said_no_while_the_job_ran_is_rejected_and_the_address_not_kept(collect, sandbox, shop):
    sandbox.behaviour.ignores_suppression = True
    one = collect(lambda: shop.run("UPDATE consents SET state = 'unsubscribed' WHERE person_id = 'ada'"))[0]["ada"]
    assert (one.state, one.why, one.email) == ("rejected", "withdrawn", None)


def test_a_record_that_was_not_taken_says_why(desk, shop, lease, provider, clock):
    shop.add("odd", email="odd@localhost")
    job, _ = quote(desk, lease, provider)
    submit(desk, lease, provider, job.quote_ref, "renee")
    clock.forward(timedelta(days=20))
    advance(desk, lease, provider)
    assert [(one.state, one.why) for one in candidates(desk.journal)] == [("no_match", "not an e-mail address")]


def test_without_a_permission_message_nothing_is_confirmed(desk, shop, lease, provider, clock):
    silent = type(provider)(
        provider._settings.model_copy(update={"permission_pass": False}), provider._client._http
    )
    shop.add("ada")
    job, _ = quote(desk, lease, silent)
    submit(desk, lease, silent, job.quote_ref, "renee")
    clock.forward(timedelta(days=20))
    advance(desk, lease, silent)
    assert [one.state for one in candidates(desk.journal)] == ["candidate"]


def test_collecting_twice_changes_nothing(collect, desk, lease, provider):
    collect()
    before = desk.journal.rows("SELECT count(*) FROM fact")
    assert advance(desk, lease, provider).polled == 0
    assert desk.journal.rows("SELECT count(*) FROM fact") == before


def test_no_address_stands_in_the_journal_but_where_it_can_be_erased(collect, desk, lease):
    collect()
    kinds = {kind for kind, payload in desk.journal.rows("SELECT kind, payload FROM fact") if "@" in payload}
    assert kinds == {"ecoa_address"}
    with desk.journal.tx(lease) as tx:
        assert erase(tx, ["c-ada"], desk.journal) == 1
    assert {one.customer_id: one.email for one in candidates(desk.journal)}["c-ada"] is None
    desk.journal.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"ada.new@" not in desk.journal.path.read_bytes()
    assert b"bob.new@" in desk.journal.path.read_bytes()
