"""After a job: bounces are returned, people who said no are named, what nobody needs is erased."""

from __future__ import annotations

from datetime import timedelta

import pytest
from reactivation.bench import add, config, row, usd
from regulars import PlatformError, RefusedError
from regulars.consent import stop
from regulars.ecoa import EcoaCredit
from regulars.reactivation import EcoaDesk, advance, candidates, erase, jobs, month, quote, submit
from regulars.testing import Fault
from regulars_ecoa.sandbox.matching import hashed
from regulars_ecoa.settings import Paths

NAMES = ("ada", "bob", "cyd", "dan")


@pytest.fixture
def bought(desk, shop, lease, provider, sandbox):
    sandbox.behaviour.wrong = {"dan@example.test": "bounces"}
    with shop.warehouse.burst() as session:
        for name in NAMES:
            add(session, name)
    job, _ = quote(desk, lease, provider)
    return submit(desk, lease, provider, job.quote_ref, "renee")


@pytest.fixture
def collected(bought, desk, lease, provider, clock):
    clock.forward(timedelta(days=19))
    advance(desk, lease, provider)
    return bought


def bounces(shop, email):
    with shop.warehouse.burst() as session:
        row(session, "bounces", connection="mail", id=email, email=email, kind="hard", deleted=False)


def spent(desk):
    return month(desk.config, desk.journal, desk.now()).spent


def found(desk):
    return {one.customer_id.removeprefix("c-"): one for one in candidates(desk.journal)}


def key_of(desk, name):
    return next(f.payload["key"] for f in desk.journal.facts("ecoa_record") if f.subject == f"c-{name}")


def without(provider, *names):
    """The same provider with abilities less."""
    settings = provider._settings.model_copy(update={"paths": Paths(**dict.fromkeys(names, ""))})
    return type(provider)(settings, provider._client._http)


# --- credit ---------------------------------------------------------------------------------------


def test_an_address_that_bounced_on_first_use_is_credited_and_no_candidate_any_more(
    collected, desk, lease, provider, shop, sandbox
):
    assert (jobs(desk.journal)[collected.id].paid, found(desk)["dan"].state) == (usd("0.45"), "confirmed")
    bounces(shop, "gone.again.dan@example.test")
    assert advance(desk, lease, provider).returned == 1
    assert jobs(desk.journal)[collected.id].credited == usd("0.15")
    assert sandbox.charged() == jobs(desk.journal)[collected.id].counts == usd("0.30")
    assert (found(desk)["dan"].state, found(desk)["dan"].why) == ("rejected", "bounces_too")


def test_credit_counts_in_the_month_in_which_the_job_was_bought(collected, desk, lease, provider, shop, clock):
    assert spent(desk) == usd("0.45")
    bounces(shop, "gone.again.dan@example.test")
    advance(desk, lease, provider)
    assert spent(desk) == usd("0.30")


def test_a_bounce_is_returned_once(collected, desk, lease, provider, shop, sandbox):
    bounces(shop, "gone.again.dan@example.test")
    for _ in range(3):
        advance(desk, lease, provider)
    assert sum(asked.path.endswith("/bounces") for asked in sandbox.log) == 1
    assert [entry["minor"] for entry in sandbox.till if entry["what"] == "bounced"] == [-15]


@pytest.mark.parametrize("kind", ["lost", "drop", "malformed"])
def test_a_claim_whose_answer_is_lost_is_made_again_and_credited_once(
    collected, desk, lease, provider, shop, sandbox, kind
):
    bounces(shop, "gone.again.dan@example.test")
    sandbox.faults.append(Fault(kind, match="/bounces", times=99))
    assert list(advance(desk, lease, provider).faults) == ["return_bounces"]
    assert spent(desk) == usd("0.45")
    sandbox.faults.clear()
    advance(desk, lease, provider)
    assert spent(desk) == sandbox.charged() == usd("0.30")


def test_a_bounce_after_the_window_is_not_returned(collected, desk, lease, provider, shop, sandbox, clock):
    clock.forward(timedelta(days=15))
    bounces(shop, "gone.again.dan@example.test")
    assert advance(desk, lease, provider).returned == 0
    assert not any(asked.path.endswith("/bounces") for asked in sandbox.log)


def test_a_refused_credit_is_told(collected, desk, lease, provider, shop, sandbox):
    bounces(shop, "ada.new@example.test")
    progress = advance(desk, lease, provider)
    assert progress.notes == {collected.id: "no credit for a bounced address: it delivers"}
    assert jobs(desk.journal)[collected.id].credited == usd("0")


class ByAndBy:
    """A provider that decides one bounced address with each call and credits it once."""

    def __init__(self, inner, by_record):
        self.inner, self.by_record, self.decided = inner, by_record, {}

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def return_bounces(self, ref, bounced):
        keys = sorted(one.record_key for one in bounced)
        undecided = [key for key in keys if key not in self.decided]
        self.decided |= dict.fromkeys(undecided[:1], usd("0.15"))
        paid = {key: money for key, money in self.decided.items() if key in keys}
        granted = sum(paid.values(), usd("0"))
        return EcoaCredit(granted, len(undecided[1:]), by_record=paid if self.by_record else {})


@pytest.mark.parametrize(("by_record", "credited"), [(True, "0.30"), (False, "0.15")])
def test_what_a_claim_brought_is_not_lost_with_a_person_who_is_erased_while_it_waits(
    collected, desk, lease, provider, shop, by_record, credited
):
    bounces(shop, "gone.again.dan@example.test")
    bounces(shop, "ada.new@example.test")
    slow = ByAndBy(provider, by_record)
    advance(desk, lease, slow)
    assert jobs(desk.journal)[collected.id].credited == usd("0.15")
    (first,) = slow.decided
    with desk.journal.tx(lease) as tx:
        erase(tx, [one.customer_id for one in candidates(desk.journal) if one.key == first], desk.journal)
    advance(desk, lease, slow)
    advance(desk, lease, slow)
    assert jobs(desk.journal)[collected.id].credited == usd(credited)


def test_a_claim_all_of_whose_people_are_erased_keeps_what_it_brought(collected, desk, lease, provider, shop):
    for name in ("gone.again.dan", "ada.new", "bob.new"):
        bounces(shop, f"{name}@example.test")
    slow = ByAndBy(provider, by_record=False)
    for _ in range(2):
        advance(desk, lease, slow)
    with desk.journal.tx(lease) as tx:
        erase(tx, ["c-ada", "c-bob", "c-dan"], desk.journal)
    advance(desk, lease, slow)
    assert jobs(desk.journal)[collected.id].credited == usd("0.30")


# --- people who said no ------------------------------------------------------------------------------


def test_who_says_no_while_a_job_runs_is_named_by_hash_once(bought, desk, lease, provider, shop, sandbox, clock):
    shop.run("UPDATE consents SET state = 'unsubscribed' WHERE person_id = 'ada'")
    assert advance(desk, lease, provider).suppressed == 1
    clock.sleep(60)
    assert advance(desk, lease, provider).suppressed == 0
    assert sandbox.suppressed == [hashed("ada@example.test")]
    clock.forward(timedelta(days=19))
    advance(desk, lease, provider)
    assert found(desk)["ada"].email is None


def test_a_provider_that_ignores_it_all_is_caught(bought, desk, lease, provider, shop, sandbox, clock):
    sandbox.behaviour.ignores_suppression = True
    shop.run("UPDATE consents SET state = 'unsubscribed' WHERE person_id = 'ada'")
    clock.forward(timedelta(days=19))
    advance(desk, lease, provider)
    assert (found(desk)["ada"].state, found(desk)["ada"].why, found(desk)["ada"].email) == (
        "rejected",
        "withdrawn",
        None,
    )


def test_addresses_of_our_list_that_come_back_are_told(desk, shop, lease, provider, sandbox, clock):
    sandbox.behaviour.ignores_suppression = True
    with shop.warehouse.burst() as session:
        add(session, "ada")
        add(session, "eve", email="ada.new@example.test", bounce=None)
    job, _ = quote(desk, lease, provider)
    submit(desk, lease, provider, job.quote_ref, "renee")
    clock.forward(timedelta(days=19))
    assert "1 addresses came back that are on our suppression list" in advance(desk, lease, provider).notes[job.id]


# --- erasure -----------------------------------------------------------------------------------------


def test_an_erased_person_is_forgotten_here_and_at_the_provider(collected, desk, lease, provider, shop, sandbox):
    shop.run("UPDATE verdict SET state = 'erased' WHERE customer_id = 'c-ada'")
    assert advance(desk, lease, provider).erased == 1
    assert sandbox.erased == [key_of(desk, "ada")]
    assert found(desk)["ada"].email is None


def test_erasing_by_hand_or_by_the_stop_list_reaches_the_provider(collected, desk, lease, provider, sandbox):
    with desk.journal.tx(lease) as tx:
        erase(tx, ["c-bob"], desk.journal)
        stop(desk.journal, tx, ["ada.new@example.test"], "erased")
    advance(desk, lease, provider)
    advance(desk, lease, provider)
    assert sandbox.erased == sorted([key_of(desk, "ada"), key_of(desk, "bob")])
    assert sum(asked.path.endswith("/erasures") for asked in sandbox.log) == 1


def test_an_erasure_that_failed_is_asked_again(collected, desk, lease, provider, sandbox):
    with desk.journal.tx(lease) as tx:
        erase(tx, ["c-bob"], desk.journal)
    sandbox.faults.append(Fault("status", match="/erasures", status=503, times=99))
    assert list(advance(desk, lease, provider).faults) == ["erase"]
    sandbox.faults.clear()
    assert advance(desk, lease, provider).erased == 1


def test_a_finished_job_is_forgotten_when_its_time_is_over(collected, desk, lease, provider, sandbox, clock):
    clock.forward(timedelta(days=29))
    assert advance(desk, lease, provider).erased == 0
    clock.forward(timedelta(days=2))
    assert advance(desk, lease, provider).erased == 4
    assert len(sandbox.erased) == 4
    assert found(desk)["ada"].email == "ada.new@example.test"


def test_a_quote_that_was_never_bought_is_forgotten_too(desk, lease, provider, shop, sandbox, clock):
    shop.add("ada")
    quote(desk, lease, provider)
    clock.forward(timedelta(days=8))
    assert advance(desk, lease, provider).erased == 1


def test_a_quote_that_was_refused_or_broke_off_is_forgotten_too(desk, lease, provider, shop, sandbox):
    shop.add("ada")
    sandbox.behaviour.unit_price = "0.99"
    with pytest.raises(RefusedError):
        quote(desk, lease, provider)
    sandbox.faults.append(Fault("malformed", match="/quotes", times=99))
    with pytest.raises(PlatformError):
        quote(desk, lease, provider)
    assert advance(desk, lease, provider).erased == 2
    assert set(sandbox.erased) == {fact.payload["key"] for fact in desk.journal.facts("ecoa_record")}
    assert advance(desk, lease, provider).erased == 0


def test_a_broken_off_quote_is_forgotten_where_it_was_asked_for(desk, journal, lease, provider, shop, sandbox):
    shop.add("ada")
    sandbox.behaviour.unit_price = "0.99"
    with pytest.raises(RefusedError):
        quote(desk, lease, provider)
    elsewhere = EcoaDesk(config(connection="other"), journal, shop.warehouse.burst)
    assert advance(elsewhere, lease, provider).erased == 0
    with journal.tx(lease) as tx:  # as it was written before the connection was noted
        tx.execute("UPDATE fact SET payload = json_remove(payload, '$.connection') WHERE kind = 'ecoa_record'")
    assert advance(desk, lease, provider).erased == 1


def test_a_provider_that_cannot_erase_leaves_it_to_a_person(collected, desk, lease, provider):
    with desk.journal.tx(lease) as tx:
        erase(tx, ["c-bob"], desk.journal)
    progress = advance(desk, lease, without(provider, "erase"))
    assert progress.notes == {"erase": "1 records of erased people must be named to the provider by hand"}


def test_a_small_provider_is_asked_nothing_it_does_not_have(collected, desk, lease, provider, shop, sandbox):
    bounces(shop, "gone.again.dan@example.test")
    asked = len(sandbox.log)
    progress = advance(desk, lease, without(provider, "erase", "suppress", "return_bounces", "cancel"))
    assert (progress.faults, len(sandbox.log)) == ({}, asked)


# --- what somebody should look at ---------------------------------------------------------------------


def test_an_invoice_that_is_not_the_sum_of_its_rows_is_told(bought, desk, lease, provider, sandbox, clock):
    sandbox.behaviour.overcharge = 7
    clock.forward(timedelta(days=19))
    notes = advance(desk, lease, provider).notes
    assert notes == {bought.id: "charged 0.52 USD, its 3 rows come to 0.45 USD: ask the provider"}


def test_people_a_job_says_nothing_about_are_counted(bought, desk, lease, provider, sandbox, clock):
    sandbox.jobs[bought.job_ref]["results"].pop()
    clock.forward(timedelta(days=19))
    assert advance(desk, lease, provider).missing == 1


def test_a_job_that_takes_twice_as_long_as_usual_is_told(bought, desk, lease, provider, sandbox, clock):
    sandbox.jobs[bought.job_ref]["turnaround"] = 90
    clock.forward(timedelta(days=40))
    assert advance(desk, lease, provider).notes[bought.id] == "bought 40 days ago, 18 are usual: ask the provider"


def test_rows_that_cannot_be_read_are_told_and_nobody_is_lost(bought, desk, lease, provider, sandbox, clock):
    sandbox.jobs[bought.job_ref]["results"][0]["new_email"] = 7
    clock.forward(timedelta(days=19))
    progress = advance(desk, lease, provider)
    assert "page 1, row 1: not understood (new_email: string_type)" in progress.notes[bought.id]
    assert progress.missing == 0
    assert "unreadable" in {one.why for one in candidates(desk.journal)}


# --- four eyes, held back ------------------------------------------------------------------------------


def test_four_eyes_are_two_people(journal, lease, shop, provider, sandbox):
    desk = EcoaDesk(config(four_eyes=True), journal, shop.warehouse.burst)
    shop.add("ada")
    job, _ = quote(desk, lease, provider, "renee")
    with pytest.raises(RefusedError, match="renee asked for this quote, somebody else must approve it"):
        submit(desk, lease, provider, job.quote_ref, "renee")
    assert sandbox.till == []
    assert submit(desk, lease, provider, job.quote_ref, "ana").state == "submitted"


def test_some_are_held_back_and_stay_so(journal, lease, shop, provider, sandbox):
    desk = EcoaDesk(
        config(
            hold_back=0.5,
            max_per_run={"records": 99, "cost": "50 USD"},
            max_per_month={"records": 99, "cost": "50 USD"},
        ),
        journal,
        shop.warehouse.burst,
    )
    with shop.warehouse.burst() as session:
        for number in range(40):
            add(session, f"p{number}")
    quote(desk, lease, provider)
    quote(desk, lease, provider)
    first, second = ({r["old_email"] for r in asked.json()["records"]} for asked in sandbox.log)
    assert first == second
    assert 10 <= len(first) <= 30


def test_an_erased_person_is_not_named_again_in_an_open_claim(collected, desk, lease, provider, shop, sandbox):
    bounces(shop, "gone.again.dan@example.test")
    sandbox.faults.append(Fault("status", match="/bounces", status=503, times=99))
    advance(desk, lease, provider)
    with desk.journal.tx(lease) as tx:
        erase(tx, ["c-dan"], desk.journal)
    asked = sum(x.path.endswith("/bounces") for x in sandbox.log)
    assert advance(desk, lease, provider).faults == {}
    assert sum(x.path.endswith("/bounces") for x in sandbox.log) == asked
