"""What a provider may do besides: credit bounces, suppress, erase, cancel; and its own names for things."""

from __future__ import annotations

from datetime import timedelta

import pytest
from regulars import (
    EcoaBatch,
    EcoaBounce,
    EcoaCapabilities,
    EcoaProvider,
    EcoaRow,
    Money,
    PlatformError,
    QuotaError,
    RefusedError,
)
from regulars.testing import Fault
from regulars_ecoa.sandbox import Behaviour
from regulars_ecoa.sandbox.matching import hashed
from regulars_ecoa.settings import Fields, Headers, Paths, Words


def bought(provider, rows, key="key-1"):
    return provider.submit(provider.quote(EcoaBatch(rows)).quote_ref, EcoaBatch(rows), key)


def read(provider, job):
    return {row.record_key: row for page in provider.results(job.job_ref) for row in page.rows}


@pytest.fixture
def bounced(provider, sandbox, clock, rows):
    """A finished job and its one address that bounced when it was first written to."""
    sandbox.behaviour.wrong = {"dan@example.test": "bounces"}
    job = bought(provider, rows)
    clock.forward(timedelta(days=18))
    row = read(provider, job)["k-dan"]
    return job, EcoaBounce(row.record_key, row.new_email, clock.now())


def test_a_small_provider_is_refused_what_it_does_not_have():
    class Small(EcoaProvider):
        def capabilities(self):
            return EcoaCapabilities()

        def quote(self, batch): ...
        def submit(self, quote_ref, batch, key): ...
        def find(self, key): ...
        def poll(self, job_ref): ...
        def results(self, job_ref, cursor=None): ...

    small = Small()
    assert small.capabilities().does == frozenset()
    for call in (
        lambda: small.return_bounces("j", []),
        lambda: small.suppress([]),
        lambda: small.erase([]),
        lambda: small.cancel("j"),
    ):
        with pytest.raises(RefusedError, match="the provider has no"):
            call()


def test_an_empty_path_is_an_ability_less(connect, sandbox):
    provider = connect(paths=Paths(erase="", cancel=""))
    assert provider.capabilities().does == {"return_bounces", "suppress"}
    with pytest.raises(RefusedError, match=r"no erase.*paths\.erase is empty"):
        provider.erase(["k-ada"])
    assert sandbox.log == []


def test_bounces_inside_the_window_are_credited_once(provider, sandbox, bounced):
    job, bounce = bounced
    before = sandbox.charged()
    for _ in range(2):
        credit = provider.return_bounces(job.job_ref, [bounce])
        assert (credit.granted, credit.refused) == (Money.parse("0.15", "USD"), ())
    assert before - sandbox.charged() == Money.parse("0.15", "USD")
    assert provider.poll(job.job_ref).charged == sandbox.charged()


def test_bounces_after_the_window_bring_nothing(provider, clock, bounced):
    job, bounce = bounced
    clock.forward(timedelta(days=15))
    credit = provider.return_bounces(job.job_ref, [bounce])
    assert (credit.granted, credit.refused[0].reason) == (Money.parse("0", "USD"), "too late")


def test_an_address_that_was_not_delivered_brings_nothing(provider, clock, bounced):
    job, _ = bounced
    credit = provider.return_bounces(job.job_ref, [EcoaBounce("k-ada", "other@example.test", clock.now())])
    assert [one.reason for one in credit.refused] == ["not delivered"]


def test_the_invoice_is_what_was_delivered_minus_what_was_credited(provider, sandbox, bounced):
    job, bounce = bounced
    provider.return_bounces(job.job_ref, [bounce])
    prices = [row.price for row in read(provider, job).values() if row.price]
    assert provider.poll(job.job_ref).charged == sum(prices[1:], prices[0]) - Money.parse("0.15", "USD")


def test_who_is_suppressed_while_a_job_runs_is_not_asked(provider, sandbox, clock, rows):
    job = bought(provider, rows)
    provider.suppress([hashed("ada@example.test")])
    clock.forward(timedelta(days=18))
    row = read(provider, job)["k-ada"]
    assert (row.new_email, row.code, row.permission) == (None, "SUPPRESSED_BY_US", "not_sent")


def test_an_address_is_never_handed_over_for_suppression(provider, sandbox):
    with pytest.raises(RefusedError, match="SHA-256"):
        provider.suppress(["ada@example.test"])
    assert sandbox.log == []


def test_erased_records_are_gone_at_the_provider(provider, sandbox, clock, rows):
    job = bought(provider, rows)
    clock.forward(timedelta(days=18))
    provider.erase(["k-ada"])
    provider.erase(["k-ada"])
    assert sandbox.erased == ["k-ada"]
    assert "k-ada" not in read(provider, job)


def test_a_job_nobody_works_on_can_be_cancelled_and_costs_nothing(provider, sandbox, rows):
    job = provider.cancel(bought(provider, rows).job_ref)
    assert (job.state, job.charged) == ("cancelled", Money.parse("0", "USD"))


def test_a_job_that_is_worked_on_stays_what_it_is(provider, clock, rows):
    job = bought(provider, rows)
    clock.forward(timedelta(days=5))
    assert provider.cancel(job.job_ref).state == "matching"


def test_records_that_were_not_taken_come_back_with_the_reason(provider, rows):
    job = bought(provider, [*rows, EcoaRow("k-odd", "nobody")])
    assert [(one.record_key, one.reason) for one in job.rejected] == [("k-odd", "not an e-mail address")]


# --- the provider's own names and words --------------------------------------------------------


def test_a_provider_may_call_everything_otherwise(connect, sandbox, clock, rows):
    names = Fields(
        batch={"records": "contacts", "sender": "brand"},
        row={"record_key": "uid", "old_email": "mail"},
        quote={"quote_ref": "offer.id", "records": "offer.rows", "price.amount": "total"},
        job={"job_ref": "id", "state": "status.text"},
        page={"rows": "items", "next_cursor": "paging.next"},
        result={
            "record_key": "uid",
            "new_email": "hit.email",
            "permission.status": "optin",
            "permission.at": "on",
        },
    )
    words = Words(states={"Done": "completed"}, permissions={"Y": "confirmed"}, codes={"M1": "MATCHED"})
    provider = connect(fields=names, words=words, currency="USD", headers=Headers(token="x-api-key", scheme=""))
    offer = b'{"offer": {"id": "o-1", "rows": 4}, "total": "0.60"}'
    page = (
        b'{"items": [{"uid": "k-ada", "hit": {"email": "a@example.test"}, "code": "m1", "optin": "y",'
        b' "on": "2026-03-09T10:00:00Z"}], "paging": {"next": null}}'
    )
    for match, body in (
        ("/quotes", offer),
        ("POST /v1/jobs", b'{"id": 7, "status": {"text": "done"}}'.replace(b"7", b'"7"')),
        ("/results", page),
    ):
        sandbox.faults.append(Fault("status", match=match, status=200, body=body))
    batch = EcoaBatch(rows, sender="Bright Paw")
    quote = provider.quote(batch)
    job = provider.submit(quote.quote_ref, batch, "key-1")
    (row,) = read(provider, job).values()
    assert (quote.quote_ref, quote.cost, job.state) == ("o-1", Money.parse("0.60", "USD"), "completed")
    assert (row.new_email, row.code, row.permission) == ("a@example.test", "MATCHED", "confirmed")
    sent = sandbox.log[0].json()
    assert sent == {
        "contacts": [{"uid": one.record_key, "mail": one.old_email} for one in rows],
        "suppress": [],
        "brand": "Bright Paw",
    }
    token = sandbox.credentials()["token"]
    assert {asked.headers["x-api-key"] for asked in sandbox.log} == {token}
    assert not any("authorization" in asked.headers for asked in sandbox.log)


def test_a_renamed_field_is_not_read_under_our_name(connect, sandbox, clock, rows):
    provider = connect(fields=Fields(result={"new_email": "hit.email"}))
    body = b'{"rows": [{"record_key": "k", "new_email": "theirs.for.something.else@example.test"}]}'
    job = bought(provider, rows)
    clock.forward(timedelta(days=18))
    sandbox.faults.append(Fault("status", match="/results", status=200, body=body))
    assert read(provider, job)["k"].new_email is None


def test_an_unknown_state_says_where_to_translate_it(provider, sandbox, rows):
    job = bought(provider, rows)
    sandbox.faults.append(Fault("status", status=200, body=b'{"job_ref": "j-7-1", "state": "Processing"}'))
    with pytest.raises(PlatformError, match=r"unknown state 'Processing'.*words\.states"):
        provider.poll(job.job_ref)


def test_a_provider_that_takes_hashes_gets_no_address(connect, sandbox, rows):
    provider = connect(hashes_only=True)
    with pytest.raises(RefusedError, match="instead of its hash"):
        provider.quote(EcoaBatch(rows))
    provider.quote(EcoaBatch([EcoaRow("k", hashed("ada@example.test"))]))
    assert b"ada" not in sandbox.log[-1].body


# --- how the simulated provider behaves ---------------------------------------------------------


def many(sandbox, count=2000, **extra):
    rows = [{"record_key": str(n), "old_email": f"p{n}@example.test", **extra} for n in range(count)]
    return sandbox.match(rows, [])


def test_the_net_is_ten_to_fifteen_per_cent_below_the_gross(provider, sandbox):
    sandbox.behaviour = Behaviour(match_rate=0.5)
    rows = [EcoaRow(str(n), f"p{n}@example.test") for n in range(2000)]
    quote = provider.quote(EcoaBatch(rows))
    found = many(sandbox)
    unsafe = sum(row["code"] == "UNSAFE_NEW" for row in found)
    assert 0.10 < unsafe / quote.gross_matches < 0.15
    assert quote.net_matches == sum(row["code"] == "MATCHED" for row in found)


def test_names_help_and_old_bounces_do_not(sandbox):
    sandbox.behaviour = Behaviour(match_rate=0.05, named_rate=0.12)

    def rate(**extra):
        return sum(row["code"] != "NO_MATCH" for row in many(sandbox, **extra)) / 2000

    plain, named, old = rate(), rate(last_name="Lee"), rate(last_name="Lee", bounced_on="2025-03-02")
    assert 0.03 < plain < 0.08
    assert 0.10 < named < 0.15
    assert 0.04 < old < 0.08


def test_a_day_has_so_many_records(provider, sandbox, clock, rows):
    sandbox.behaviour.daily_records = 5
    bought(provider, rows)
    with pytest.raises(QuotaError) as told:
        bought(provider, rows[:3], "key-2")
    assert told.value.retry_after == 16 * 3600
    clock.forward(timedelta(seconds=told.value.retry_after))
    assert bought(provider, rows[:3], "key-2").state == "queued"


def test_a_provider_in_real_time_is_done_at_once(provider, sandbox, rows):
    sandbox.behaviour.turnaround = 0
    job = bought(provider, rows)
    assert job.state == "completed"
    assert read(provider, job)["k-ada"].permission == "confirmed"


def test_a_catch_all_or_unknown_mailbox_is_said_to_be_one(provider, sandbox, clock, rows):
    sandbox.behaviour = Behaviour(match_rate=1, doubtful=1, turnaround=0)
    rows = [EcoaRow(str(n), f"p{n}@example.test") for n in range(40)]
    found = read(provider, bought(provider, rows)).values()
    assert {row.deliverability.status for row in found if row.deliverability} == {"risky", "unknown"}


def test_a_partial_job_gives_some_rows_and_nobody_has_answered_yet(provider, sandbox, clock, rows):
    sandbox.behaviour.partial = 0.75
    job = bought(provider, rows)
    clock.forward(timedelta(days=10))
    assert provider.poll(job.job_ref).state == "partial"
    assert len(read(provider, job)) == 3
    assert "confirmed" not in {row.permission for row in read(provider, job).values()}


def test_reading_goes_on_from_a_cursor(provider, sandbox, clock, rows):
    sandbox.behaviour.page_size = 1
    job = bought(provider, rows)
    clock.forward(timedelta(days=18))
    whole = list(provider.results(job.job_ref))
    rest = list(provider.results(job.job_ref, whole[1].cursor))
    assert [page.rows for page in rest] == [page.rows for page in whole[2:]]
