"""Quote, submit, settle: caps in records and money, and every job paid once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from reactivation.bench import NOW, add, config, consent_was_read, row, served, usd
from regulars import ConfigError, PlatformError, QuotaError, RefusedError, UnknownOutcomeError
from regulars.errors import DataCheckError, PlanError
from regulars.reactivation import EcoaDesk, advance, jobs, month, quote, submit
from regulars.testing import Fault
from regulars_ecoa.sandbox import EcoaSandbox
from regulars_ecoa.sandbox.matching import hashed

NAMES = ("ada", "bob", "cyd", "dan")


@pytest.fixture
def four(shop):
    with shop.warehouse.burst() as session:
        for number, name in enumerate(NAMES):
            add(session, name, orders=9 - number)


def bought(desk, lease, provider):
    job, _ = quote(desk, lease, provider)
    return submit(desk, lease, provider, job.quote_ref, "renee")


def spent(desk):
    return month(desk.config, desk.journal, desk.now()).spent


def test_a_quote_tells_records_cost_and_month_and_buys_nothing(desk, lease, provider, sandbox, four):
    job, left = quote(desk, lease, provider)
    assert (job.records, job.cost, job.state) == (4, usd("0.45"), "quoted")
    assert (left.records_left, left.money_left, str(left)) == (8, usd("1.50"), "month 2026-03: 0.00 of 1.50 USD")
    assert sandbox.till == []


def test_nothing_but_key_and_address_leaves(desk, lease, provider, sandbox, four):
    quote(desk, lease, provider)
    sent = sandbox.log[-1].json()["records"]
    assert [set(record) for record in sent] == [{"record_key", "old_email"}] * 4
    assert not any("c-" in record["record_key"] for record in sent)


def test_keys_are_new_in_every_job(desk, lease, provider, sandbox, four):
    quote(desk, lease, provider)
    quote(desk, lease, provider)
    first, second = ({r["record_key"] for r in asked.json()["records"]} for asked in sandbox.log)
    assert not first & second


def test_all_other_known_addresses_are_on_the_suppression_list(desk, lease, provider, sandbox, shop, four):
    shop.add("eve", bounce=None)
    shop.add("fay", bounce=None, state="unsubscribed", email="Fay@Example.test")
    with shop.warehouse.burst() as session:
        said = {"person_id": "gone", "channel": "email", "state": "unsubscribed", "deleted": False}
        row(session, "consents", connection="mail", id="x", address="gus@example.test", **said)
    quote(desk, lease, provider)
    expected = {hashed(f"{name}@example.test") for name in ("eve", "fay", "gus")}
    assert set(sandbox.log[-1].json()["suppress"]) == expected


def test_a_bought_job_sets_its_money_aside_and_settles_for_less(desk, lease, provider, clock, four):
    job = bought(desk, lease, provider)
    assert (job.state, spent(desk)) == ("submitted", usd("0.45"))
    clock.forward(timedelta(days=20))
    progress = advance(desk, lease, provider)
    assert (progress.settled, jobs(desk.journal)[job.id].paid, spent(desk)) == ([job.id], usd("0.30"), usd("0.30"))


def test_submitting_again_buys_nothing_more(desk, lease, provider, sandbox, four):
    job = bought(desk, lease, provider)
    assert submit(desk, lease, provider, job.quote_ref, "renee") == job
    assert len(sandbox.till) == 1


@pytest.mark.parametrize("missing", ["connection", "unit_cost", "max_per_run", "max_per_month"])
def test_nothing_is_asked_until_every_limit_is_set(journal, lease, shop, provider, sandbox, missing):
    given = config().model_copy(
        update={"ecoa": config().ecoa.model_copy(update={missing: type(config().ecoa)().__dict__[missing]})}
    )
    with pytest.raises(RefusedError, match=missing):
        quote(EcoaDesk(given, journal, shop.warehouse.burst), lease, provider)
    assert sandbox.log == []


def test_a_switched_off_ecoa_says_so(journal, lease, shop, provider):
    desk = EcoaDesk(config(enabled=False), journal, shop.warehouse.burst)
    with pytest.raises(RefusedError, match="missing: enabled"):
        quote(desk, lease, provider)


def test_a_job_takes_no_more_records_than_a_run_may(journal, lease, shop, provider, four):
    desk = EcoaDesk(config(max_per_run={"records": 2, "cost": "1.00 USD"}), journal, shop.warehouse.burst)
    assert quote(desk, lease, provider)[0].records == 2


def test_a_job_takes_no_more_records_than_a_runs_money_pays_in_full(journal, lease, shop, provider, four):
    desk = EcoaDesk(config(max_per_run={"records": 9, "cost": "0.50 USD"}), journal, shop.warehouse.burst)
    assert quote(desk, lease, provider)[0].records == 3


def test_a_month_without_money_left_refuses_until_the_next_one(journal, lease, shop, provider, clock, four):
    desk = EcoaDesk(config(max_per_month={"records": 4, "cost": "9 USD"}), journal, shop.warehouse.burst)
    bought(desk, lease, provider)
    shop.add("eve")
    with pytest.raises(QuotaError, match="0 records are left") as told:
        quote(desk, lease, provider)
    assert told.value.exit_code == 5
    clock.forward(timedelta(seconds=told.value.retry_after or 0))
    assert clock.now() == datetime(2026, 4, 1, 5, tzinfo=UTC)  # midnight in Chicago
    assert quote(desk, lease, provider)[0].records == 1


def test_two_quotes_of_the_same_people_are_not_both_bought(desk, lease, provider, sandbox, four):
    first, _ = quote(desk, lease, provider)
    second, _ = quote(desk, lease, provider)
    submit(desk, lease, provider, first.quote_ref, "renee")
    with pytest.raises(PlanError, match="no longer eligible"):
        submit(desk, lease, provider, second.quote_ref, "renee")
    assert len(sandbox.till) == 1


def test_a_budget_that_shrank_after_the_quote_is_kept(desk, journal, lease, shop, provider, sandbox, four):
    job, _ = quote(desk, lease, provider)
    for caps in (
        {"max_per_month": {"records": 8, "cost": "0.40 USD"}},
        {"max_per_run": {"records": 3, "cost": "1 USD"}},
    ):
        poorer = EcoaDesk(config(**caps), journal, shop.warehouse.burst)
        with pytest.raises(QuotaError):
            submit(poorer, lease, provider, job.quote_ref, "renee")
    assert sandbox.till == []


def test_a_dearer_provider_than_told_is_refused(desk, lease, provider, sandbox, four):
    sandbox.behaviour.unit_price = "0.99"
    with pytest.raises(RefusedError, match="more than unit_cost"):
        quote(desk, lease, provider)


def test_a_person_who_says_no_after_the_quote_is_not_submitted(desk, lease, provider, sandbox, shop, four):
    job, _ = quote(desk, lease, provider)
    shop.run("UPDATE consents SET state = 'unsubscribed' WHERE person_id = 'ada'")
    with pytest.raises(PlanError, match="1 of 4 addresses are no longer eligible"):
        submit(desk, lease, provider, job.quote_ref, "renee")
    assert sandbox.till == []


def test_a_suppression_list_that_grew_needs_a_new_quote(desk, lease, provider, sandbox, shop, four):
    job, _ = quote(desk, lease, provider)
    shop.add("eve", bounce=None, state="unsubscribed")
    with pytest.raises(PlanError, match="changed since"):
        submit(desk, lease, provider, job.quote_ref, "renee")
    assert sandbox.till == []


def test_an_expired_quote_is_not_bought(desk, lease, provider, sandbox, clock, four):
    job, _ = quote(desk, lease, provider)
    clock.forward(timedelta(days=8))
    with pytest.raises(PlanError, match="expired"):
        submit(desk, lease, provider, job.quote_ref, "renee")
    assert spent(desk) == usd("0")


def test_nothing_leaves_while_consent_is_not_fresh(desk, journal, lease, provider, sandbox, four):
    job, _ = quote(desk, lease, provider)
    consent_was_read(journal, lease, NOW - timedelta(hours=27))
    asked = len(sandbox.log)
    with pytest.raises(DataCheckError, match="27 h ago"):
        submit(desk, lease, provider, job.quote_ref, "renee")
    with pytest.raises(DataCheckError, match="27 h ago"):
        quote(desk, lease, provider)
    assert len(sandbox.log) == asked


@pytest.mark.parametrize("state", ["blocked", "failed", "open"])
def test_nothing_leaves_after_a_night_that_did_not_end_well(desk, journal, lease, provider, sandbox, four, state):
    job, _ = quote(desk, lease, provider)
    with journal.tx(lease) as tx:
        tx.execute(
            "INSERT INTO run VALUES ('r-2', 2, 'night', ?, 'read', ?, NULL, '{}')", (state, NOW.isoformat())
        )
    asked = len(sandbox.log)
    with pytest.raises(DataCheckError, match=f"the newest run r-2 is {state}"):
        submit(desk, lease, provider, job.quote_ref, "renee")
    with pytest.raises(DataCheckError, match=f"the newest run r-2 is {state}"):
        quote(desk, lease, provider)
    assert (len(sandbox.log), spent(desk)) == (asked, usd("0"))


def test_an_unknown_quote_is_told(desk, lease, provider):
    with pytest.raises(PlanError, match="no quote 'q-0'"):
        submit(desk, lease, provider, "q-0", "renee")


def test_a_job_nobody_is_eligible_for_is_refused_before_anything_leaves(desk, lease, provider, sandbox):
    with pytest.raises(RefusedError, match="0 addresses are eligible"):
        quote(desk, lease, provider)
    assert sandbox.log == []


def test_a_provider_that_needs_what_we_do_not_have_is_refused(desk, lease, provider, sandbox, four):
    needy = provider._settings.model_copy(update={"needs": ("postal_code",)})
    with pytest.raises(RefusedError, match="postal_code"):
        quote(desk, lease, type(provider)(needy, provider._client._http))
    assert sandbox.log == []


# --- what may go wrong between us and the provider ---------------------------------------------


@pytest.mark.parametrize("kind", ["lost", "cut", "malformed"])
def test_a_purchase_whose_answer_is_lost_stays_set_aside_and_is_paid_once(
    desk, lease, provider, sandbox, four, kind
):
    job, _ = quote(desk, lease, provider)
    sandbox.faults.append(Fault(kind, match="POST /v1/jobs"))
    with pytest.raises(UnknownOutcomeError):
        submit(desk, lease, provider, job.quote_ref, "renee")
    assert (desk.job_by_id(job.id).state, spent(desk)) == ("reserved", usd("0.45"))
    again = submit(desk, lease, provider, job.quote_ref, "renee")
    assert (again.state, spent(desk), sandbox.charged()) == ("submitted", usd("0.45"), usd("0.45"))
    assert [x.path for x in sandbox.log if x.method == "POST"] == ["/v1/quotes", "/v1/jobs"]


def test_a_purchase_that_never_arrived_is_made_by_the_next_call(desk, lease, provider, sandbox, four):
    job, _ = quote(desk, lease, provider)
    sandbox.faults.append(Fault("drop", match="POST /v1/jobs"))
    with pytest.raises(UnknownOutcomeError):
        submit(desk, lease, provider, job.quote_ref, "renee")
    assert submit(desk, lease, provider, job.quote_ref, "renee").state == "submitted"
    assert sandbox.charged() == usd("0.45")


def test_a_run_finds_a_lost_purchase_but_never_makes_one(desk, lease, provider, sandbox, four):
    job, _ = quote(desk, lease, provider)
    sandbox.faults.append(Fault("drop", match="POST /v1/jobs"))
    with pytest.raises(UnknownOutcomeError):
        submit(desk, lease, provider, job.quote_ref, "renee")
    assert advance(desk, lease, provider).waiting == [job.id]
    assert sandbox.till == []
    assert spent(desk) == usd("0.45")


def test_money_for_a_purchase_that_never_was_is_free_again_when_the_quote_is_too_old(
    desk, lease, provider, sandbox, clock, four
):
    job, _ = quote(desk, lease, provider)
    sandbox.faults.append(Fault("drop", match="POST /v1/jobs"))
    with pytest.raises(UnknownOutcomeError):
        submit(desk, lease, provider, job.quote_ref, "renee")
    clock.forward(timedelta(days=8))
    assert advance(desk, lease, provider).released == [job.id]
    assert spent(desk) == usd("0")


def test_a_look_up_that_fails_keeps_the_money_set_aside(desk, lease, provider, sandbox, clock, four):
    job, _ = quote(desk, lease, provider)
    sandbox.faults.append(Fault("lost", match="POST /v1/jobs"))
    with pytest.raises(UnknownOutcomeError):
        submit(desk, lease, provider, job.quote_ref, "renee")
    clock.forward(timedelta(days=8))
    sandbox.faults.append(Fault("status", match="key=", status=503, times=99))
    progress = advance(desk, lease, provider)
    assert list(progress.faults) == [job.id]
    assert spent(desk) == usd("0.45")


@pytest.mark.parametrize("days", [0, 8])
def test_a_purchase_of_unknown_end_is_looked_for_nowhere_but_at_its_own_provider(
    journal, desk, shop, lease, provider, sandbox, clock, four, days
):
    job, _ = quote(desk, lease, provider)
    sandbox.faults.append(Fault("lost", match="POST /v1/jobs"))
    with pytest.raises(UnknownOutcomeError):
        submit(desk, lease, provider, job.quote_ref, "renee")
    clock.forward(timedelta(days=days))
    other = EcoaSandbox(clock, seed=8)
    elsewhere = EcoaDesk(config(connection="crm"), journal, shop.warehouse.burst)
    with served(other, clock) as stranger, pytest.raises(RefusedError, match="another provider"):
        submit(elsewhere, lease, stranger, job.quote_ref, "renee")
    assert (desk.job_by_id(job.id).state, spent(desk), other.log) == ("reserved", usd("0.45"), [])


def test_a_definite_refusal_frees_the_money(desk, lease, provider, sandbox, four):
    job, _ = quote(desk, lease, provider)
    refusal = b'{"error": {"code": "closed", "message": "no jobs today"}}'
    sandbox.faults.append(Fault("status", match="POST /v1/jobs", status=200, body=refusal))
    with pytest.raises(PlatformError, match="no jobs today"):
        submit(desk, lease, provider, job.quote_ref, "renee")
    assert (desk.job_by_id(job.id).state, spent(desk)) == ("released", usd("0"))
    with pytest.raises(PlanError, match="failed"):
        submit(desk, lease, provider, job.quote_ref, "renee")


def test_a_refusal_that_cannot_be_confirmed_frees_nothing(desk, lease, provider, sandbox, four):
    job, _ = quote(desk, lease, provider)
    refusal = b'{"error": {"code": "closed", "message": "no jobs today"}}'
    sandbox.faults.append(Fault("status", match="POST /v1/jobs", status=200, body=refusal))
    sandbox.faults.append(Fault("status", match="key=", status=503, times=99))
    with pytest.raises(PlatformError):
        submit(desk, lease, provider, job.quote_ref, "renee")
    assert spent(desk) == usd("0.45")


def test_one_jobs_trouble_does_not_stop_the_other(journal, lease, shop, provider, sandbox, clock, four):
    desk = EcoaDesk(config(max_per_run={"records": 2, "cost": "1 USD"}), journal, shop.warehouse.burst)
    first, second = bought(desk, lease, provider), bought(desk, lease, provider)
    clock.forward(timedelta(days=20))
    sandbox.faults.append(Fault("status", match=f"GET /v1/jobs/{first.job_ref}", status=503, times=99))
    progress = advance(desk, lease, provider)
    assert (list(progress.faults), progress.settled) == ([first.id], [second.id])


def test_a_note_is_made_at_80_percent_of_the_month(journal, lease, shop, provider, four):
    desk = EcoaDesk(config(max_per_month={"records": 8, "cost": "0.60 USD"}), journal, shop.warehouse.burst)
    assert month(desk.config, journal, desk.now()).note == ""
    bought(desk, lease, provider)
    assert month(desk.config, journal, desk.now()).note == ""
    other = EcoaDesk(config(max_per_month={"records": 8, "cost": "0.50 USD"}), journal, shop.warehouse.burst)
    assert month(other.config, journal, desk.now()).note.startswith("90 %")


def test_an_agreed_month_is_the_clients_own(desk, clock):
    clock.move_to(datetime(2026, 4, 1, 3, tzinfo=UTC))  # still March in Chicago
    assert month(desk.config, desk.journal, desk.now()).name == "2026-03"


def test_limits_in_two_currencies_are_refused(journal, shop):
    with pytest.raises((RefusedError, ConfigError), match="different currencies"):
        month(config(unit_cost="0.15 EUR"), journal, journal.clock.now())


def test_a_budget_can_be_written_down_again():
    assert config().model_dump()["ecoa"]["max_per_run"] == {"records": 5, "cost": "1.00 USD"}
