"""Price, purchase, waiting: what a job costs and that it is paid once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from regulars import EcoaBatch, EcoaRow, Money, PlatformError, QuotaError, RefusedError, UnknownOutcomeError
from regulars.testing import Fault


def bought(provider, rows, key="key-1", suppress=()):
    return provider.submit(provider.quote(EcoaBatch(rows, suppress)).quote_ref, EcoaBatch(rows, suppress), key)


def test_a_quote_prices_the_matches_and_buys_nothing(provider, sandbox, rows):
    quote = provider.quote(EcoaBatch(rows))
    assert (quote.records, quote.cost) == (4, Money.parse("0.45", "USD"))
    assert sandbox.charged() == Money.parse("0", "USD")


def test_a_job_goes_through_its_states_over_days(provider, clock, rows):
    job = bought(provider, rows)
    states = [job.state]
    while job.next_poll_after:
        clock.move_to(job.next_poll_after)
        job = provider.poll(job.job_ref)
        states.append(job.state)
    assert states == ["queued", "matching", "permission_pass", "completed"]
    assert clock.now().isoformat() == "2026-03-20T08:00:00+00:00"


def test_only_delivered_matches_stay_paid(provider, sandbox, clock, rows):
    job = bought(provider, rows)
    assert job.charged == Money.parse("0.45", "USD")
    clock.forward(timedelta(days=18))
    assert provider.poll(job.job_ref).charged == Money.parse("0.30", "USD") == sandbox.charged()


def test_the_same_key_again_answers_the_same_job_and_is_charged_once(provider, sandbox, rows):
    assert bought(provider, rows).job_ref == bought(provider, rows).job_ref
    assert sandbox.charged() == Money.parse("0.45", "USD")


def test_a_key_used_for_another_batch_is_refused(provider, rows):
    bought(provider, rows)
    with pytest.raises(PlatformError, match="key_reused"):
        bought(provider, rows[:2])


@pytest.mark.parametrize("kind", ["lost", "cut", "malformed"])
def test_a_lost_answer_is_an_unknown_outcome_and_the_job_is_found_by_its_key(provider, sandbox, rows, kind):
    sandbox.faults.append(Fault(kind, match="POST /v1/jobs"))
    with pytest.raises(UnknownOutcomeError):
        bought(provider, rows)
    assert provider.find("key-1") is not None
    assert [asked.path for asked in sandbox.log if asked.method == "POST"] == ["/v1/quotes", "/v1/jobs"]
    assert sandbox.charged() == Money.parse("0.45", "USD")


@pytest.mark.parametrize("status", [408, 500, 503])
def test_a_write_that_timed_out_is_never_sent_again(provider, sandbox, rows, status):
    sandbox.faults.append(Fault("status", match="POST /v1/jobs", status=status))
    with pytest.raises(UnknownOutcomeError):
        bought(provider, rows)
    assert sum(asked.path == "/v1/jobs" for asked in sandbox.log) == 1


def test_a_key_without_a_job_is_none(provider, sandbox):
    assert provider.find("never-used") is None
    sandbox.faults.append(Fault("status", match="key=", status=404, body=b'{"error": {"code": "not_found"}}'))
    assert provider.find("never-used") is None


def test_a_look_up_that_failed_is_not_none(provider, sandbox):
    sandbox.faults.append(Fault("status", match="key=", status=404, body=b"<html>proxy</html>"))
    with pytest.raises(PlatformError, match="not found at the provider"):
        provider.find("key-1")
    sandbox.faults.append(Fault("status", match="key=", status=503, times=99))
    with pytest.raises(PlatformError, match="answered 503"):
        provider.find("key-1")


def test_an_old_quote_is_refused_and_nothing_is_paid(provider, sandbox, clock, rows):
    quote = provider.quote(EcoaBatch(rows))
    clock.forward(timedelta(days=8))
    with pytest.raises(PlatformError, match="quote_expired"):
        provider.submit(quote.quote_ref, EcoaBatch(rows), "key-1")
    assert provider.find("key-1") is None
    assert sandbox.till == []


def test_polling_too_fast_is_waited_for(provider, clock, rows):
    job = bought(provider, rows)
    provider.poll(job.job_ref)
    before = clock.now()
    provider.poll(job.job_ref)
    assert clock.now() - before == timedelta(seconds=5)


def test_a_long_pause_is_told_instead_of_waited_for(provider, sandbox, rows):
    job = bought(provider, rows)
    sandbox.faults.append(Fault("status", match="GET", status=429, headers={"retry-after": "7200"}))
    with pytest.raises(QuotaError) as told:
        provider.poll(job.job_ref)
    assert told.value.retry_after == 7200


def test_an_account_without_credit_is_a_matter_of_budget(provider, sandbox, rows):
    sandbox.faults.append(Fault("status", match="/v1/quotes", status=402))
    with pytest.raises(QuotaError, match="no credit"):
        provider.quote(EcoaBatch(rows))


def test_a_batch_outside_the_size_limits_never_leaves(connect, sandbox, rows):
    with pytest.raises(RefusedError, match="5 to 9 records"):
        connect(min_records=5, max_records=9).quote(EcoaBatch(rows))
    assert sandbox.log == []


def test_the_providers_own_minimum_is_told_in_its_words(provider, sandbox):
    sandbox.behaviour.min_records = 25
    with pytest.raises(PlatformError, match="25 to 1000000 records"):
        provider.quote(EcoaBatch([EcoaRow("k", "ada@example.test")]))


@pytest.mark.parametrize("amount", ['"1,50"', "1.5", '"-1"', '"0.001"'])
def test_an_amount_that_is_not_exact_money_is_refused(provider, sandbox, rows, amount):
    body = (
        '{"quote_ref": "q", "records": 4, "gross_matches": 1, '
        f'"price": {{"amount": {amount}, "currency": "USD"}}}}'
    )
    sandbox.faults.append(Fault("status", match="/v1/quotes", status=200, body=body.encode()))
    with pytest.raises(PlatformError):
        provider.quote(EcoaBatch(rows))


def test_an_unknown_job_state_after_a_purchase_is_an_unknown_outcome(provider, sandbox, rows):
    quote = provider.quote(EcoaBatch(rows))
    body = b'{"job_ref": "j", "state": "dreaming"}'
    sandbox.faults.append(Fault("status", match="/v1/jobs", status=200, body=body))
    with pytest.raises(UnknownOutcomeError, match="state"):
        provider.submit(quote.quote_ref, EcoaBatch(rows), "key-1")
