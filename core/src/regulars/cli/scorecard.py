"""regulars scorecard."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from regulars.cli.call import Call, dated, pass_call, shared

if TYPE_CHECKING:
    from regulars.config import Client
    from regulars.journal import Journal
    from regulars.metrics import Span
    from regulars.scorecard import Experiment, Given
    from regulars.warehouse import Session


@shared
@dated
@click.command("scorecard")
@click.argument("client_id", metavar="CLIENT")
@click.option("--month", type=click.DateTime(["%Y-%m"]), help="A month that is over; default: the last one.")
@pass_call
def command(call: Call, client_id: str, month: datetime | None) -> None:
    """Six figures of a month beside last month and last year, and what happens if nothing is done."""
    from regulars.run.desk import reading
    from regulars.scorecard import scorecard
    from regulars.scorecard.page import page_data, page_lines
    from regulars.warehouse import Warehouse

    client = call.client(client_id)
    with reading(client) as journal, Warehouse(client.data_dir).published() as session:
        card = scorecard(session, _span(session, month), _given(client, journal, session))
    call.show({"client": client.id, **page_data(card)}, page_lines(card, client.config.name))


def _span(session: Session, month: datetime | None) -> Span:
    from regulars.errors import ConfigError
    from regulars.explain.snapshot import basis
    from regulars.metrics import last_complete

    as_of: date = basis(session)["as_of"]
    newest = last_complete("month", as_of)
    if month is None:
        return newest
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    if after > as_of:
        raise ConfigError(f"{month:%Y-%m} is not over", hint=f"The last month that is: {newest.starts_on:%Y-%m}")
    return last_complete("month", after)


def _given(client: Client, journal: Journal, session: Session) -> Given:
    from regulars.config.costs import by_month
    from regulars.scorecard import Given

    config = client.config
    platforms, margin = by_month(config.costs.platforms), config.clv.known_margin
    return Given(_ecoa(client, journal), platforms, margin, _experiment(client, journal, session))


def _ecoa(client: Client, journal: Journal) -> dict[date, int] | str:
    """What look-ups took from each month; the ledger is ours, so a month without any cost nothing."""
    from regulars.reactivation import jobs

    spent: dict[date, int] = {}
    for job in jobs(journal).values():
        if job.month and job.state != "released":
            if job.counts.currency != client.config.currency:
                return f"in {job.counts.currency}, the books are in {client.config.currency}"
            first = date.fromisoformat(f"{job.month}-01")
            spent[first] = spent.get(first, 0) + job.counts.minor
    return spent


def _experiment(client: Client, journal: Journal, session: Session) -> Experiment:
    """Every series with its arms, under the ids that customers have today."""
    from regulars.reactivation import EcoaDesk, audience, is_reactivation, lift
    from regulars.reactivation.entries import entries
    from regulars.reactivation.history import today
    from regulars.run.measure import segments_in_use
    from regulars.scorecard import Entry, Experiment
    from regulars.warehouse import Warehouse

    names = sorted({fact.payload["series"] for fact in journal.facts("series")})
    found = [entry for name in names for entry in entries(journal, name)]
    now = today(session, [entry.customer_id for entry in found])
    rules, is_void = client.config.holdout, False
    if found:
        desk = EcoaDesk(client.config, journal, Warehouse(client.data_dir).published)
        with desk.read() as reading:
            for segment in (each for each in segments_in_use(client) if is_reactivation(each)):
                series = audience(desk, reading, segment).series
                is_void = is_void or lift(desk, reading, series, segment.name).void
    listed = [Entry(now[entry.customer_id], entry.on, entry.arm) for entry in found]
    return Experiment(listed, rules.measure_days, is_void)
