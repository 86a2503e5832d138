"""regulars reconcile."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from regulars.cli.call import Call, pass_call, shared

if TYPE_CHECKING:
    from regulars.config import Client
    from regulars.metrics import Span
    from regulars.reconcile import By, Reconciliation

_DAY = click.DateTime(["%Y-%m-%d"])


@shared
@click.command("reconcile")
@click.argument("client_id", metavar="CLIENT")
@click.option(
    "--month", type=click.DateTime(["%Y-%m"]), help="A month, such as 2026-10; default: the last whole one."
)
@click.option("--from", "starts_on", type=_DAY, help="First day of a span of your own.")
@click.option("--to", "ends_on", type=_DAY, help="Last day of it.")
@click.option("--by", type=click.Choice(["month", "day"]), default="month", help="A line for each month or day.")
@click.option("--csv", "as_csv", is_flag=True, help="Print all lines as CSV.")
@click.option("--offline", is_flag=True, help="Ask no platform; compare with the stored records alone.")
@click.option("--accept", "reason", metavar="REASON", help="Keep that what is unexplained is known, and why.")
@pass_call
def command(
    call: Call,
    client_id: str,
    month: datetime | None,
    starts_on: datetime | None,
    ends_on: datetime | None,
    by: str,
    as_csv: bool,
    offline: bool,
    reason: str | None,
) -> None:
    """Our totals against the platform's, and the bridge from them to the basis of CLV and CRR.

    Exit 9 where they are off by more than a penny, past what was accepted, or where an order counts nowhere for
    want of a rate.
    """
    from regulars.reconcile import render

    client, span = call.client(client_id), _span(month, starts_on, ends_on)
    if span is not None and ends_on is not None:
        _refuse_unmeasured(client, span)
    found = _found(call, client, span, "day" if by == "day" else "month", offline, reason)
    text = [render.table(found)] if as_csv else render.lines(found, client.config.name, client.file)
    call.show(render.data(found, client.file), text)
    raise SystemExit(found.exit_code)


def _refuse_unmeasured(client: Client, span: Span) -> None:
    """A month that runs is compared as far as it goes; days that were named are compared all, or none."""
    from regulars.errors import ConfigError
    from regulars.explain.snapshot import basis
    from regulars.warehouse import Warehouse

    with Warehouse(client.data_dir).published() as session:
        as_of = basis(session)["as_of"]
    if span.ends_on > as_of:
        raise ConfigError(f"the numbers end on {as_of}", hint="Let --to be that day or an earlier one")


def _found(
    call: Call, client: Client, span: Span | None, by: By, offline: bool, reason: str | None
) -> Reconciliation:
    from regulars.errors import ConfigError
    from regulars.run.reconciliation import accept_difference, reconcile_client

    if reason is None:
        return reconcile_client(client, call.plugins, span, by=by, offline=offline)
    if span is None:
        raise ConfigError("only a span that is named can be accepted", hint="Give --month, or --from and --to")
    if offline:
        raise ConfigError("only what a platform says can be accepted", hint="Leave --offline out")
    return accept_difference(client, call.plugins, span, reason, by=by)


def _span(month: datetime | None, starts_on: datetime | None, ends_on: datetime | None) -> Span | None:
    from regulars.errors import ConfigError
    from regulars.metrics import Span

    if month is None and starts_on is None and ends_on is None:
        return None
    if month is not None:
        if starts_on or ends_on:
            raise ConfigError("a month is a span of its own", hint="Give --month, or --from and --to")
        after = (month.date() + timedelta(days=31)).replace(day=1)
        return Span(month.date(), after - timedelta(days=1))
    if starts_on is None or ends_on is None:
        raise ConfigError("a span needs both ends", hint="Give --from and --to")
    return Span(starts_on.date(), ends_on.date())
