"""An ECOA provider: little leaves, nothing is paid twice, only a confirmation is a confirmation.

What a provider names in its capabilities is tested; what it does not is refused.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import get_args

import pytest

from regulars.ecoa import (
    Ability,
    EcoaBatch,
    EcoaBounce,
    EcoaCode,
    EcoaJob,
    EcoaPage,
    EcoaProvider,
    EcoaResult,
    EcoaRow,
    Permission,
)
from regulars.errors import PlatformError, RefusedError, UnknownOutcomeError
from regulars.testing.contract.bench import Bench, require
from regulars.testing.contract.suite import Suite
from regulars.testing.sandbox import Fault

KNOWN = {"first_name", "last_name", "country", "bounced_on"}
"""What the core can tell a provider besides key and address."""
FULL = 200  # days; longer than any job takes


class EcoaContract(Suite):
    """A provider's job is bought once and waited for."""

    def test_capabilities_make_sense(self, bench: Bench) -> None:
        """What the provider needs can be had, and it says at least one country."""
        takes = bench.ecoa().capabilities()
        require(1 <= takes.min_records <= takes.max_records, "min_records and max_records are no range")
        strange = set(takes.needs) - KNOWN
        require(not strange, f"needs {', '.join(sorted(strange))}, which the core does not know")
        require(bool(takes.regions), "no region is served")
        declared = "return_bounces" in takes.does
        require(declared == (takes.bounce_credit_days > 0), "bounce_credit_days and return_bounces go together")

    def test_a_quote_buys_nothing(self, bench: Bench) -> None:
        """There is a price for every record that was sent, and no job yet."""
        provider, batch = bench.ecoa(), _batch(bench)
        quote = provider.quote(batch)
        count = len(batch.rows)
        require(quote.records == count, f"{count} records were sent, the quote is for {quote.records}")
        require(provider.find("never-submitted") is None, "a job is found under a key that was never submitted")

    def test_the_same_key_is_the_same_job(self, bench: Bench) -> None:
        """A retry after a crash is not paid a second time, also after the provider took the batch."""
        batch = _batch(bench)
        provider = bench.ecoa()
        quote = provider.quote(batch)
        first = provider.submit(quote.quote_ref, batch, "contract-key")
        second = _tonight(bench).submit(quote.quote_ref, batch, "contract-key")
        require(first.job_ref == second.job_ref, "the same idempotency key started a second job")
        require(first.charged == second.charged, "the same idempotency key was charged a second time")
        found = _tonight(bench).find("contract-key")
        require(found is not None and found.job_ref == first.job_ref, "the job is not found under its key")

    @pytest.mark.parametrize("kind", ["lost", "cut", "malformed"])
    def test_a_lost_answer_is_unknown_and_the_job_is_found_by_its_key(self, bench: Bench, kind: str) -> None:
        """Never submitted again: looked up."""
        provider, batch = bench.ecoa(), _batch(bench)
        bench.online()
        quote = provider.quote(batch)
        bench.sandbox.log.clear()
        bench.sandbox.faults = [Fault(kind, match=quote.quote_ref)]  # type: ignore[arg-type]
        with pytest.raises(UnknownOutcomeError):
            provider.submit(quote.quote_ref, batch, "contract-key")
        require(len(bench.sandbox.log) == 1, "a submission whose answer was lost was sent again")
        require(provider.find("contract-key") is not None, "the job is not found under its key")

    def test_a_failed_look_up_is_not_an_unknown_key(self, bench: Bench) -> None:
        """Otherwise the core would buy again."""
        provider = bench.ecoa()
        bench.online()
        bench.sandbox.faults = [Fault("status", times=99, status=503, body=b"{}")]
        with pytest.raises(PlatformError):
            provider.find("contract-key")

    def test_nothing_but_the_declared_fields_leaves(self, bench: Bench) -> None:
        """Of the person only the address, or its hash; the suppression list as hashes."""
        kept_out = hashlib.sha256(b"kept.out@example.test").hexdigest()
        batch, provider = _batch(bench, kept_out), bench.ecoa()
        bench.sandbox.log.clear()
        provider.submit(provider.quote(batch).quote_ref, batch, "contract-key")
        _tonight(bench)
        sent = "\n".join(bench.bodies())
        require(all(row.record_key in sent for row in batch.rows), "the batch is not in what was sent")
        names = {p.last_name for p in bench.world.people if p.bounced == "hard" and p.last_name}
        for row in batch.rows:
            sent = sent.replace(row.old_email, "")
        require(not any(name in sent for name in names), "a name left with the batch")
        require(kept_out in sent, "the suppression list did not leave")
        require("kept.out@" not in sent, "an address left in the suppression list")

    def test_a_field_that_is_not_declared_is_refused(self, bench: Bench) -> None:
        """Before anything leaves."""
        provider, batch = bench.ecoa(), _batch(bench)
        first = batch.rows[0]
        more = EcoaRow(first.record_key, first.old_email, {**first.extra, "shoe_size": "44"})
        bench.sandbox.log.clear()
        with pytest.raises(RefusedError):
            provider.quote(EcoaBatch([more, *batch.rows[1:]]))
        require(not bench.sandbox.log, "something left")

    def test_results_come_when_the_job_is_complete(self, bench: Bench) -> None:
        """Before that it is a PlatformError; afterwards only who confirmed is confirmed."""
        provider, batch = bench.ecoa(), _batch(bench)
        job = provider.submit(provider.quote(batch).quote_ref, batch, "contract-key")
        if provider.capabilities().mode == "batch":
            with pytest.raises(PlatformError):
                list(provider.results(job.job_ref))
        _wait(bench, job.job_ref)
        found = {row.record_key: row for row in _rows(list(_tonight(bench).results(job.job_ref)))}
        confirmed = {key for key, result in found.items() if result.permission == "confirmed"}
        asks = bench.ecoa().capabilities().permission_pass
        require(
            confirmed == ({"moved"} if asks else set()),
            f"confirmed are {sorted(confirmed)}; in the world it is 'moved' alone",
        )
        require(found["moved"].new_email == "moved.on@example.test", "the new address is another one")

    def test_results_speak_our_words(self, bench: Bench) -> None:
        """Codes and permissions are of the closed lists; times carry their offset, a confirmation its time."""
        job = _done(bench)
        for row in _rows(list(bench.ecoa().results(job.job_ref))):
            require(row.code in get_args(EcoaCode), f"{row.record_key}: {row.code!r} is no code")
            require(
                row.permission in get_args(Permission), f"{row.record_key}: {row.permission!r} is no permission"
            )
            require(
                row.new_email is None or row.code == "MATCHED", f"{row.record_key}: {row.code} with an address"
            )
            for at in (row.permission_at, row.permission_sent_at, row.expires_at):
                require(at is None or at.tzinfo is not None, f"{row.record_key}: an instant without its offset")
            if row.permission == "confirmed":
                require(row.permission_at is not None, f"{row.record_key}: confirmed, and nobody knows when")

    def test_results_go_on_from_a_cursor(self, bench: Bench) -> None:
        """Whoever was interrupted does not begin again; the last page has no cursor."""
        job = _done(bench)
        pages = list(bench.ecoa().results(job.job_ref))
        require(bool(pages) and pages[-1].cursor is None, "the last page has a cursor")
        for number, page in enumerate(pages[:-1]):
            require(page.cursor is not None, f"page {number + 1} has no cursor and is not the last")
            rest = list(bench.ecoa().results(job.job_ref, page.cursor))
            require(_rows(rest) == _rows(pages[number + 1 :]), f"from page {number + 2} on, other rows come")

    def test_reading_results_twice_changes_nothing(self, bench: Bench) -> None:
        """Neither the rows nor what was paid."""
        job = _done(bench)
        first, second = (_rows(list(bench.ecoa().results(job.job_ref))) for _ in range(2))
        require(first == second, "the same job answered other rows the second time")
        again = _tonight(bench).poll(job.job_ref)
        require(again.charged == job.charged, f"{job.charged} became {again.charged} by reading")

    def test_who_is_suppressed_does_not_come_back(self, bench: Bench) -> None:
        """By the hash of the new address in the batch's own list."""
        batch = _batch(bench, hashlib.sha256(b"moved.on@example.test").hexdigest())
        provider = bench.ecoa()
        job = provider.submit(provider.quote(batch).quote_ref, batch, "contract-key")
        _wait(bench, job.job_ref)
        found = {row.record_key: row for row in _rows(list(_tonight(bench).results(job.job_ref)))}
        require(
            "moved" not in found or found["moved"].new_email is None,
            "an address on the suppression list came back",
        )

    @pytest.mark.parametrize("ability", get_args(Ability))
    def test_what_is_not_declared_is_refused(self, bench: Bench, ability: Ability) -> None:
        """And nothing leaves."""
        provider = bench.ecoa()
        if ability in provider.capabilities().does:
            pytest.skip(f"{ability} is declared")
        bench.sandbox.log.clear()
        with pytest.raises(RefusedError):
            _use(provider, ability)
        require(not bench.sandbox.log, "something left")

    def test_bounces_are_credited_once(self, bench: Bench) -> None:
        """The same rows again bring what they brought, and no more."""
        job, bounce = _done(bench), EcoaBounce("moved", "moved.on@example.test", bench.clock.now())
        _declared(bench, "return_bounces")
        answers = []
        for _ in range(3):
            answers.append(_tonight(bench).return_bounces(job.job_ref, [bounce]))
            bench.clock.forward(timedelta(days=1))
        last = answers[-1]
        require(last.waiting + len(last.refused) <= 1, "one address came back as several")
        require(
            last == _tonight(bench).return_bounces(job.job_ref, [bounce]), "the same rows brought something else"
        )
        charged = _tonight(bench).poll(job.job_ref).charged
        if job.charged and charged:
            require(charged == job.charged - last.granted, f"{job.charged} less {last.granted} is not {charged}")

    def test_erasing_is_safe_to_repeat(self, bench: Bench) -> None:
        """And what is erased does not come back with an address."""
        job = _done(bench)
        _declared(bench, "erase")
        for _ in range(2):
            _tonight(bench).erase(["moved", "never-sent"])
        left = [row for row in _rows(list(_tonight(bench).results(job.job_ref))) if row.record_key == "moved"]
        require(not any(row.new_email for row in left), "an erased record still has its address")

    def test_suppressing_sends_hashes(self, bench: Bench) -> None:
        """An address itself is refused."""
        _declared(bench, "suppress")
        with pytest.raises(RefusedError):
            bench.ecoa().suppress(["kept.out@example.test"])
        for _ in range(2):
            _tonight(bench).suppress([hashlib.sha256(b"kept.out@example.test").hexdigest()])
        require(not any("kept.out@" in body for body in bench.bodies()), "an address left for suppression")

    def test_a_cancelled_job_stays_cancelled(self, bench: Bench) -> None:
        """One that is worked on stays what it is."""
        _declared(bench, "cancel")
        provider, batch = bench.ecoa(), _batch(bench)
        job = provider.submit(provider.quote(batch).quote_ref, batch, "contract-key")
        state = provider.cancel(job.job_ref).state
        again = _tonight(bench).cancel(job.job_ref).state
        require(state != "cancelled" or again == "cancelled", f"a cancelled job is {again}")


def _batch(bench: Bench, *suppress: str) -> EcoaBatch:
    """The hard-bounced people of the world, with what the provider must have of them."""
    takes = bench.ecoa().capabilities()
    gone = [p for p in bench.world.people if p.bounced == "hard" and p.email]
    return EcoaBatch(
        [
            EcoaRow(
                p.key,
                hashlib.sha256(str(p.email).lower().encode()).hexdigest() if takes.hashes_only else str(p.email),
                {name: p.properties.get(name, "-") for name in takes.needs},
            )
            for p in gone
        ],
        suppress,
    )


def _tonight(bench: Bench) -> EcoaProvider:
    """The provider as a new run opens it: credentials, settings and all."""
    if bench.connector.ecoa is None:
        pytest.skip(f"{bench.connector.name} is no ECOA provider")
    settings = bench.settings_of(bench.sandbox.credentials())
    return bench.connector.ecoa(settings, bench.connect(settings))


def _wait(bench: Bench, job_ref: str) -> EcoaJob:
    for _ in range(FULL):
        job = _tonight(bench).poll(job_ref)
        if job.state == "completed":
            return job
        bench.clock.forward(timedelta(days=1))
    pytest.fail(f"the job did not complete within {FULL} days")


def _done(bench: Bench) -> EcoaJob:
    """A job that was waited for."""
    provider, batch = bench.ecoa(), _batch(bench)
    job = provider.submit(provider.quote(batch).quote_ref, batch, "contract-key")
    return _wait(bench, job.job_ref)


def _rows(pages: list[EcoaPage]) -> list[EcoaResult]:
    return [row for page in pages for row in page.rows]


def _declared(bench: Bench, ability: Ability) -> None:
    if ability not in bench.ecoa().capabilities().does:
        pytest.skip(f"{bench.connector.name} has no {ability}")


def _use(provider: EcoaProvider, ability: Ability) -> None:
    match ability:
        case "return_bounces":
            provider.return_bounces("j", [])
        case "suppress":
            provider.suppress([])
        case "erase":
            provider.erase([])
        case "cancel":
            provider.cancel("j")
