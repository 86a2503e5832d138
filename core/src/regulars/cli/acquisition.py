"""regulars acquisition."""

from __future__ import annotations

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
    from regulars.config.costs import by_month
    from regulars.warehouse import Warehouse

    client = call.client(client_id)
    config = client.config
    spend = [Spend(row.month, row.source, row.amount.minor) for row in config.costs.acquisition]
    margin = Margin(config.clv.margin, config.clv.known_margin is not None)
    kept = by_month([*config.costs.programmes, *config.costs.platforms])
    with Warehouse(client.data_dir).published() as session:
        found = acquisition(session, spend, margin, kept)
    call.say_what_is_as_today()
    call.show({"client": client.id, **page_data(found)}, page_lines(found, config.name))
