"""regulars retention and regulars cohorts."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

import click

from regulars.cli.call import Call, dated, pass_call, shared

if TYPE_CHECKING:
    from regulars.config import Client
    from regulars.metrics import Period, Span
    from regulars.warehouse import Session

_DAY = click.DateTime(["%Y-%m-%d"])


@shared
@dated
@click.command("retention")
@click.argument("client_id", metavar="CLIENT")
@click.option(
    "--period",
    type=click.Choice(["week", "month", "quarter", "year"]),
    help="The last one that is over; default: month.",
)
@click.option("--from", "starts_on", type=_DAY, help="First day of a span of your own.")
@click.option("--to", "ends_on", type=_DAY, help="Last day of it.")
@click.option(
    "--window", type=click.IntRange(1, 36500), metavar="DAYS", help="Who is a customer, in place of the client's."
)
@click.option(
    "--set", "part", type=click.Choice(["S", "E", "N", "R", "L"]), help="List the customers in one of the sets."
)
@pass_call
def command(
    call: Call,
    client_id: str,
    period: Period | None,
    starts_on: datetime | None,
    ends_on: datetime | None,
    window: int | None,
    part: str | None,
) -> None:
    """Who stayed, left and came back; who bought again, and when.

    Beside the period before and the year before, the target line and the client's own trend.
    """
    from decimal import Decimal

    from regulars.explain.retention_data import page_data
    from regulars.explain.retention_page import page_lines, retention_page
    from regulars.warehouse import Warehouse

    client = call.client(client_id)
    with Warehouse(client.data_dir).published() as session:
        span, kind = _span(session, period, starts_on, ends_on)
        if part is not None:
            _show_set(call, session, span, window, part)
            return
        settings = client.config.retention
        trade = settings.benchmark
        page = retention_page(
            session,
            span,
            kind,
            Decimal(str(settings.target_crr)),
            window=window,
            benchmark=(trade.name, Decimal(str(trade.value)), trade.source) if trade else None,
        )
    call.show({"client": client.id, **page_data(page)}, page_lines(page, _name(client)))


@shared
@dated
@click.command("cohorts")
@click.argument("client_id", metavar="CLIENT")
@click.option("--revenue", is_flag=True, help="Net sales per customer in place of the share who ordered.")
@click.option("--cumulative", is_flag=True, help="Up to the end of each month in place of in it.")
@click.option("--profit", is_flag=True, help="Loss rate, net sales and profit per customer in place of months.")
@click.option(
    "--months",
    type=click.IntRange(1, 120),
    default=12,
    show_default=True,
    help="How many months after the first order.",
)
@click.option(
    "--rows", type=click.IntRange(1, 600), default=24, show_default=True, help="How many cohorts, the newest."
)
@click.option("--csv", "as_csv", is_flag=True, help="The whole table as CSV; what is not over yet is empty.")
@pass_call
def cohorts(
    call: Call,
    client_id: str,
    revenue: bool,
    cumulative: bool,
    profit: bool,
    months: int,
    rows: int,
    as_csv: bool,
) -> None:
    """People by the month of their first order, and how many of them ordered in the months after it."""
    from regulars.explain.cohort_table import table_csv, table_data, table_lines
    from regulars.explain.snapshot import basis
    from regulars.metrics import cohorts as cohorts_of
    from regulars.warehouse import Warehouse

    client = call.client(client_id)
    if profit:
        _show_profit(call, client, revenue or cumulative, rows, as_csv)
        return
    with Warehouse(client.data_dir).published() as session:
        told = basis(session)
        found = cohorts_of(session, told["as_of"])
    measure = _measure(revenue, cumulative)
    if as_csv and not call.json:
        click.echo(table_csv(found, measure, told["currency"]), nl=False)
        return
    lines = table_lines(found, measure, told, _name(client), months=months, newest=rows)
    call.show({"client": client.id, **table_data(found, measure, told)}, lines)


def _show_profit(call: Call, client: Client, is_other: bool, rows: int, as_csv: bool) -> None:
    from regulars.errors import ConfigError
    from regulars.explain.profit_table import profit_csv, profit_data, profit_lines
    from regulars.metrics.cohort_profit import cohort_profit
    from regulars.warehouse import Warehouse

    if is_other:
        raise ConfigError("--profit is a table of its own", hint="Leave --revenue and --cumulative away")
    margin = client.config.clv.known_margin
    with Warehouse(client.data_dir).published() as session:
        found = cohort_profit(session)
    if as_csv and not call.json:
        click.echo(profit_csv(found, margin), nl=False)
        return
    lines = profit_lines(found, margin, _name(client), newest=rows)
    call.show({"client": client.id, **profit_data(found, margin)}, lines)


def _measure(revenue: bool, cumulative: bool) -> Literal["buyers", "returned", "revenue", "revenue_to_date"]:
    if revenue:
        return "revenue_to_date" if cumulative else "revenue"
    return "returned" if cumulative else "buyers"


def _name(client: Client) -> str:
    return client.config.name or client.id


def _span(
    session: Session, period: Period | None, starts_on: datetime | None, ends_on: datetime | None
) -> tuple[Span, Period | None]:
    from regulars.errors import ConfigError
    from regulars.explain.snapshot import basis
    from regulars.metrics import Span, last_complete

    as_of: date = basis(session)["as_of"]
    if starts_on is None and ends_on is None:
        kind: Period = period or "month"
        return last_complete(kind, as_of), kind
    if starts_on is None or ends_on is None:
        raise ConfigError("a span needs both ends", hint="Give --from and --to")
    if period is not None:
        raise ConfigError("a span of your own is no period", hint="Give --period, or --from and --to")
    if ends_on.date() > as_of:
        raise ConfigError(f"the numbers end on {as_of}", hint="Let --to be that day or an earlier one")
    return Span(starts_on.date(), ends_on.date()), None


def _show_set(call: Call, session: Session, span: Span, window: int | None, part: str) -> None:
    from regulars.explain.snapshot import basis
    from regulars.metrics import retention_members

    members = retention_members(session, span, window or basis(session)["window_days"]).to_pylist()
    people = sorted(row["customer_id"] for row in members if row["part"] == part)
    data = {"set": part, "starts_on": span.starts_on, "ends_on": span.ends_on, "customers": people}
    call.show(data, people)
