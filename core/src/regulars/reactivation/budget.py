"""The money: caps in records and in money, per run and per calendar month of the client."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from regulars.config import Cap, ClientConfig
from regulars.errors import QuotaError, RefusedError
from regulars.journal import Journal
from regulars.money import Money
from regulars.reactivation.jobs import jobs

NOTE_AT = 80  # per cent of the month's money


@dataclass(frozen=True, slots=True)
class Budget:
    """A client's caps, all of them set; `unit` is what one record may cost."""

    unit: Money
    run_records: int
    run_cost: Money
    month_records: int
    month_cost: Money

    @classmethod
    def of(cls, config: ClientConfig) -> Budget:
        """Raises RefusedError naming everything that is missing; nothing is bought by default."""
        ecoa = config.ecoa
        missing = [] if ecoa.enabled else ["enabled = true"]
        missing += [] if ecoa.connection in config.connections else ["connection"]
        missing += [] if ecoa.jurisdictions else ["jurisdictions"]
        missing += [] if ecoa.unit_cost and ecoa.unit_cost.amount > 0 else ["unit_cost"]
        run, month = _cap(ecoa.max_per_run), _cap(ecoa.max_per_month)
        missing += [] if run else ["max_per_run (records and cost)"]
        missing += [] if month else ["max_per_month (records and cost)"]
        if ecoa.unit_cost is None or run is None or month is None or missing:
            raise RefusedError(
                f"ECOA is off; missing: {', '.join(missing)}",
                where=f"clients/{config.id}.toml: [ecoa]",
                hint="Nothing left the machine",
            )
        if len({ecoa.unit_cost.currency, run[1].currency, month[1].currency}) > 1:
            raise RefusedError(
                "unit_cost and caps name different currencies", where=f"clients/{config.id}.toml: [ecoa]"
            )
        return cls(ecoa.unit_cost, *run, *month)


@dataclass(frozen=True, slots=True)
class Month:
    """What a calendar month has used up so far: `spent` includes what is set aside."""

    name: str
    records: int
    spent: Money
    budget: Budget

    @property
    def records_left(self) -> int:
        """Records that may still be submitted this month."""
        return max(0, self.budget.month_records - self.records)

    @property
    def money_left(self) -> Money:
        """Money that may still be set aside this month."""
        return Money(
            max(self.budget.month_cost.amount - self.spent.amount, 0 * self.spent.amount), self.spent.currency
        )

    @property
    def most(self) -> Money:
        """What one job may cost now."""
        return min(self.budget.run_cost, self.money_left, key=lambda money: money.amount)

    @property
    def note(self) -> str:
        """A word of warning from 80 % of the month's money on."""
        share = 100 * self.spent.amount / self.budget.month_cost.amount
        return f"{share:.0f} % of the month's ECOA money is used" if share >= NOTE_AT else ""

    def __str__(self) -> str:
        return f"month {self.name}: {self.spent.amount:,.2f} of {self.budget.month_cost}"


def month_of(config: ClientConfig, now: datetime) -> str:
    """The client's calendar month, such as "2026-03"."""
    return f"{now.astimezone(ZoneInfo(config.timezone)):%Y-%m}"


def month(config: ClientConfig, journal: Journal, now: datetime) -> Month:
    """The present month's account. Raises RefusedError where ECOA is off."""
    budget, name = Budget.of(config), month_of(config, now)
    mine = [job for job in jobs(journal).values() if job.month == name and job.state != "released"]
    spent = sum((job.counts for job in mine), Money.of_minor(0, budget.unit.currency))
    return Month(name, sum(job.records for job in mine), spent, budget)


def records_within(left: Month, provider_max: int) -> int:
    """How many records a job may have now, each at the full unit cost; 0: the budget is used up."""
    budget = left.budget
    money = min(budget.run_cost.amount, left.money_left.amount)
    return min(budget.run_records, left.records_left, provider_max, int(money // budget.unit.amount))


def refuse_beyond(left: Month, records: int, cost: Money, now: datetime, zone: ZoneInfo) -> None:
    """Raise QuotaError where a job passes a cap, RefusedError where it costs more than told."""
    budget = left.budget
    if cost.currency != budget.unit.currency or cost.amount > budget.unit.amount * records:
        raise RefusedError(
            f"the provider asks {cost} for {records:,} records, more than unit_cost {budget.unit} each",
            where="ecoa",
            hint="Nothing was bought; mend ecoa.unit_cost if the price is right",
        )
    if records > budget.run_records or cost.amount > budget.run_cost.amount:
        raise QuotaError(
            f"{records:,} records for {cost} pass max_per_run ({budget.run_records:,}, {budget.run_cost})",
            where="ecoa",
            hint="Nothing was bought; ask for a new quote",
        )
    if records > left.records_left or cost.amount > left.money_left.amount:
        raise spent_up(left, now, zone)


def spent_up(left: Month, now: datetime, zone: ZoneInfo) -> QuotaError:
    """The month's budget does not reach; it can be gone on with on the first of the next month."""
    here = now.astimezone(zone)
    first = datetime.combine((here.replace(day=1) + timedelta(days=32)).date().replace(day=1), time(), zone)
    return QuotaError(
        f"the month's budget is used up: {left.money_left} and {left.records_left:,} records are left",
        where="ecoa",
        hint=f"Nothing was bought; goes on from {first:%Y-%m-%d}",
        retry_after=(first.astimezone(UTC) - now).total_seconds(),
    )


def _cap(cap: Cap) -> tuple[int, Money] | None:
    return (cap.records, cap.cost) if cap.records and cap.cost and cap.cost.amount > 0 else None
