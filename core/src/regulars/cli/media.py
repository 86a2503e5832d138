"""regulars media."""

from __future__ import annotations

from datetime import date

import click

from regulars.cli.call import Call, dated, pass_call, shared


@shared
@dated
@click.command("media")
@click.argument("client_id", metavar="CLIENT")
@pass_call
def command(call: Call, client_id: str) -> None:
    """Whom the shop reaches without renting, by count and by value; what brings people there."""
    from regulars.media import owned_media
    from regulars.media.page import page_data, page_lines
    from regulars.warehouse import Warehouse

    client = call.client(client_id)
    entered = client.config.costs.programmes
    costs: dict[tuple[str, date], int] = {}
    for row in entered:
        key = (row.programme.lower(), row.month)
        costs[key] = costs.get(key, 0) + row.amount.minor
    with Warehouse(client.data_dir).published() as session:
        found = owned_media(session)
    call.say_what_is_as_today()
    call.show({"client": client.id, **page_data(found, costs)}, page_lines(found, client.config.name, costs))
