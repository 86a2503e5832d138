"""regulars clv."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from regulars.cli.call import Call, dated, pass_call, shared

if TYPE_CHECKING:
    from regulars.warehouse import Session


@shared
@dated
@click.command("clv")
@click.argument("client_id", metavar="CLIENT")
@click.option("--change", is_flag=True, help="What changed simple CLV in a year: time, frequency, amount.")
@click.option("--by-product", is_flag=True, help="What customers are worth by the product they began with.")
@pass_call
def command(call: Call, client_id: str, change: bool, by_product: bool) -> None:
    """The model behind predicted values: parameters, flags, back-test, and what all customers are worth.

    With --change or --by-product these pages in its place.
    """
    from regulars.clv.report import report
    from regulars.warehouse import Warehouse

    with Warehouse(call.client(client_id).data_dir).published() as session:
        data, lines = _pages(session, change, by_product) if change or by_product else report(session)
    call.show(data, lines)


def _pages(session: Session, change: bool, by_product: bool) -> tuple[dict[str, Any], list[str]]:
    from regulars.clv.change_page import change_data, change_lines
    from regulars.clv.product_page import product_data, product_lines
    from regulars.errors import RegularsError
    from regulars.metrics.value_by_product import value_by_product
    from regulars.metrics.value_change import value_change
    from regulars.metrics.values import predicted_margin

    if not session.has("metric_basis"):
        raise RegularsError("nothing was measured yet", hint="Run: regulars run")
    as_of, currency, window = session.query("SELECT as_of, currency, window_days FROM metric_basis")[0]
    data: dict[str, Any] = {"as_of": as_of, "currency": currency}
    lines: list[str] = []
    if change:
        found = value_change(session, as_of, window)
        data["change"] = change_data(found, currency)
        lines += change_lines(found, currency)
    if by_product:
        began, margin = value_by_product(session, as_of), predicted_margin(session)
        data |= {"by_product": product_data(began, currency), "margin": margin}
        told = product_lines(began, currency, margin)
        lines += ["", *told] if lines else told
    return data, lines
