"""Where ECOA happens for one client: its settings, its journal, and a way to read its tables."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from regulars.config import ClientConfig
from regulars.consent import freshness
from regulars.errors import DataCheckError, PlanError
from regulars.journal import Journal, runs
from regulars.reactivation.jobs import Job, jobs
from regulars.warehouse import Session

Read = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class EcoaDesk:
    """`read` opens the client's tables for a moment (`warehouse.published` or `warehouse.burst`);
    they are never held open while the provider is asked."""

    config: ClientConfig
    journal: Journal
    read: Read

    def now(self) -> datetime:
        """The present instant."""
        return self.journal.clock.now()

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the client's calendar."""
        return ZoneInfo(self.config.timezone)

    def stale(self) -> str:
        """What is too old in what we know of consent, in words; "" where it is fresh."""
        return freshness(self.journal, self.config.clock.consent_max_age).stale

    def require_fresh(self) -> None:
        """Raise DataCheckError where addresses must not leave: consent was read too long ago, or the newest
        night did not end well, so that a "no" may have been read and stand in no table yet."""
        if stale := self.stale():
            raise DataCheckError(
                f"consent is not fresh: {stale}",
                where=self.config.id,
                hint=f"Nothing left the machine. Next: regulars run {self.config.id}",
            )
        runs.good_night(self.journal, self.config.id)

    def job(self, quote_ref: str) -> Job:
        """The job of a quote, by the provider's reference or ours. Raises PlanError."""
        for job in jobs(self.journal).values():
            if quote_ref in (job.quote_ref, job.id):
                return job
        raise PlanError(f"no quote {quote_ref!r}", hint=f"See: regulars ecoa quote {self.config.id}")

    def job_by_id(self, job_id: str) -> Job:
        """A job that exists, as the journal has it now."""
        return jobs(self.journal)[job_id]
