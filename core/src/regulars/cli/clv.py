"""regulars clv."""

from __future__ import annotations

import click

from regulars.cli.call import Call, dated, pass_call, shared


@shared
@dated
@click.command("clv")
@click.argument("client_id", metavar="CLIENT")
@pass_call
def command(call: Call, client_id: str) -> None:
    """The model behind predicted values: parameters, flags, back-test, and what all customers are worth."""
    from regulars.clv.report import report
    from regulars.warehouse import Warehouse

    with Warehouse(call.client(client_id).data_dir).published() as session:
        data, lines = report(session)
    call.show(data, lines)
