"""regulars demo."""

from __future__ import annotations

from pathlib import Path

import click

from regulars.cli.call import Call, pass_call, shared


@shared
@click.command("demo")
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path(file_okay=False, path_type=Path))
@click.option("--orders", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.csv",
              help="Show the numbers of your own order lines instead.")  # fmt: skip
@click.option("--currency", default="EUR", show_default=True, help="Currency of --orders.")
@click.option("--timezone", default="UTC", show_default=True, help="Zone of the dates of --orders.")
@click.option("--leave-out-bad-rows", is_flag=True, help="Count what can be understood.")
@pass_call
def command(
    call: Call,
    folder: Path | None,
    *,
    orders: Path | None,
    currency: str,
    timezone: str,
    leave_out_bad_rows: bool,
) -> None:
    """The main job on simulated platforms: two clients, five nights, about a minute, no account, no network.

    With --orders: a CSV file of order lines. Columns, by any of these names: order (order_id, InvoiceNo), date
    (ordered_at, InvoiceDate; YYYY-MM-DD HH:MM), customer (email, CustomerID; empty for guests), sku (product,
    StockCode), quantity (negative: brought back), price (UnitPrice), and if you like title and country.
    """
    if orders is not None:
        _own_orders(call, orders, currency, timezone, leave_out_bad_rows)
        return
    from regulars.demo.story import Story

    place = folder or _free(Path("regulars-demo"))
    Story(place.absolute(), call.plugins, click.echo).tell()


def _own_orders(call: Call, file: Path, currency: str, timezone: str, leave_out: bool) -> None:
    from regulars.demo.numbers import numbers
    from regulars.demo.order_lines import describe, read_order_lines, shop_of
    from regulars.errors import ConfigError
    from regulars.money import MoneyError, exponent

    try:
        exponent(currency)
    except MoneyError as fault:
        raise ConfigError(str(fault), where="--currency") from None
    lines, bad = read_order_lines(file, timezone)
    for text in describe(bad):
        call.say(f"{file.name}: {text}")
    if bad and not leave_out:
        raise ConfigError(
            f"{len(bad):,} of {len(bad) + len(lines):,} rows cannot be understood, the first: {bad[0]}",
            where=str(file),
            hint="Mend them, or count the others with --leave-out-bad-rows",
        )
    world, bridge = shop_of(lines, currency, timezone, "")
    if not world.orders:
        raise ConfigError(f"has no sales in {currency}", where=str(file), hint="See: regulars demo --help")
    aside = [f"{len(bad):,} rows are left out and in no number below", ""] if bad else []
    found = aside + numbers(world, bridge)
    call.show({"lines": found, "bad_rows": [str(row) for row in bad]}, found)


def _free(wanted: Path) -> Path:
    """The folder, or the first of its name with a number that is not there yet."""
    place, number = wanted, 1
    while place.exists():
        number += 1
        place = wanted.with_name(f"{wanted.name}-{number}")
    return place
