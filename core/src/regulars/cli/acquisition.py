"""regulars acquisition."""

from __future__ import annotations

from datetime import date

import click

from regulars.cli.call import Call, dated, pass_call, shared


@shared
@dated
@click.command("acquisition")
@click.argument("client_id", metavar="CLIENT")
@pass_call
def command(call: Call, client_id: str) -> None:
    """Where customers came from, how far they got, who was sent by another, and what a customer cost."""
    from regulars.acquisition import Margin, Spend, acquisition
    from regulars.acquisition.page import page_data, page_lines
    from regulars.warehouse import Warehouse

    client = call.client(client_id)
    config = client.config
    spend = [Spend(row.month, row.source, row.amount.minor) for row in config.costs.acquisition]
    margin = Margin(config.clv.margin, "margin" in config.clv.model_fields_set)
    kept: dict[date, int] = {}
    entered = [(row.month, row.amount.minor) for row in config.costs.programmes]
    entered += [(row.month, row.amount.minor) for row in config.costs.platforms]
    for month, minor in entered:
        kept[month] = kept.get(month, 0) + minor
    with Warehouse(client.data_dir).published() as session:
        found = acquisition(session, spend, margin, kept)
    call.show({"client": client.id, **page_data(found)}, page_lines(found, config.name))
