"""An ECOA provider: little leaves, nothing is paid twice, only a confirmation is a confirmation."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from regulars.ecoa import EcoaBatch, EcoaProvider, EcoaRow
from regulars.errors import PlatformError, UnknownOutcomeError
from regulars.testing.contract.bench import Bench, require
from regulars.testing.contract.suite import Suite
from regulars.testing.sandbox import Fault


class EcoaContract(Suite):
    """A provider's job is bought once and waited for."""

    def test_a_quote_buys_nothing(self, bench: Bench) -> None:
        """There is a price for every record that was sent, and no job yet."""
        provider, rows = bench.ecoa(), _rows(bench)
        quote = provider.quote(EcoaBatch(rows))
        require(quote.records == len(rows), f"{len(rows)} records were sent, the quote is for {quote.records}")
        require(provider.find("never-submitted") is None, "a job is found under a key that was never submitted")

    def test_the_same_key_is_the_same_job(self, bench: Bench) -> None:
        """A retry after a crash is not paid a second time."""
        provider, rows = bench.ecoa(), _rows(bench)
        quote = provider.quote(EcoaBatch(rows))
        first = provider.submit(quote.quote_ref, EcoaBatch(rows), "contract-key")
        second = bench.ecoa().submit(quote.quote_ref, EcoaBatch(rows), "contract-key")
        require(first.job_ref == second.job_ref, "the same idempotency key started a second job")
        require(first.charged == second.charged, "the same idempotency key was charged a second time")

    @pytest.mark.parametrize("kind", ["lost", "cut", "malformed"])
    def test_a_lost_answer_is_unknown_and_the_job_is_found_by_its_key(self, bench: Bench, kind: str) -> None:
        """Never submitted again: looked up."""
        provider, rows = bench.ecoa(), _rows(bench)
        quote = provider.quote(EcoaBatch(rows))
        bench.sandbox.log.clear()
        bench.sandbox.faults = [Fault(kind, match=quote.quote_ref)]  # type: ignore[arg-type]
        with pytest.raises(UnknownOutcomeError):
            provider.submit(quote.quote_ref, EcoaBatch(rows), "contract-key")
        require(len(bench.sandbox.log) == 1, "a submission whose answer was lost was sent again")
        require(provider.find("contract-key") is not None, "the job is not found under its key")

    def test_a_failed_look_up_is_not_an_unknown_key(self, bench: Bench) -> None:
        """Otherwise the core would buy again."""
        provider = bench.ecoa()
        bench.sandbox.faults = [Fault("status", times=99, status=503, body=b"{}")]
        with pytest.raises(PlatformError):
            provider.find("contract-key")

    def test_nothing_but_the_declared_fields_leaves(self, bench: Bench) -> None:
        """Of the person only the address; the suppression list as hashes."""
        provider, rows = bench.ecoa(), _rows(bench)
        bench.sandbox.log.clear()
        provider.quote(EcoaBatch(rows, [hashlib.sha256(b"kept.out@example.test").hexdigest()]))
        sent = "\n".join(bench.bodies())
        names = {p.last_name for p in bench.world.people if p.bounced == "hard" and p.last_name}
        for row in rows:
            sent = sent.replace(row.old_email, "")
        require(not any(name in sent for name in names), "a name left with the batch")
        require("kept.out@" not in sent, "an address left in the suppression list")

    def test_results_come_when_the_job_is_complete(self, bench: Bench) -> None:
        """Before that it is a PlatformError; afterwards only who confirmed is confirmed."""
        provider, rows = bench.ecoa(), _rows(bench)
        job = provider.submit(provider.quote(EcoaBatch(rows)).quote_ref, EcoaBatch(rows), "contract-key")
        with pytest.raises(PlatformError):
            list(provider.results(job.job_ref))
        _wait(bench, provider, job.job_ref)
        found = {result.record_key: result for page in provider.results(job.job_ref) for result in page.rows}
        confirmed = {key for key, result in found.items() if result.permission == "confirmed"}
        require(confirmed == {"moved"}, f"confirmed are {sorted(confirmed)}; in the world it is 'moved' alone")
        require(found["moved"].new_email == "moved.on@example.test", "the new address is another one")


def _rows(bench: Bench) -> list[EcoaRow]:
    """The hard-bounced people of the world, with what the provider must have of them."""
    needs = bench.ecoa().capabilities().needs
    gone = [p for p in bench.world.people if p.bounced == "hard" and p.email]
    return [EcoaRow(p.key, p.email or "", {name: p.properties.get(name, "-") for name in needs}) for p in gone]


def _wait(bench: Bench, provider: EcoaProvider, job_ref: str) -> None:
    for _ in range(100):
        if provider.poll(job_ref).state in ("completed", "partial"):
            return
        bench.clock.forward(timedelta(days=1))
    pytest.fail("the job did not complete within 100 days")
