"""The command line of the benchmarks; exits 1 where a bar does not hold."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

NAMES = {
    "startup": "regulars --help against an empty Python, same run",
    "sync": "100,000 customers and 1M order lines from a shop on a port",
    "connectors": "reading beside dlt, the official SDKs and a Singer tap: CPU, memory, pace under limits",
    "retail": "the main job on real order lines, month by month beside the file's own sums",
    "nightly": "an agency's night: 30 clients of 40,000, one of a million, and how each part grows",
    "published": "published parameters, holdout errors, extreme cases of the models of lifetime value",
    "clv": "a million customers' orders to scores beside lifetimes and pymc-marketing; rebuild and increment",
    "clv-10m": "the same for ten million customers alone: rebuild, one day's increment, the whole way",
    "year": "20 seeds of 365 nights on three failing platforms, an oracle after each; resumable",
}


@click.group()
def main() -> None:
    """Measured figures."""


@main.command("list")
def list_() -> None:
    """Names and what they measure."""
    for name, text in NAMES.items():
        click.echo(f"{name:<12}{text}")


@main.command("run")
@click.argument("name", type=click.Choice(list(NAMES)))
@click.option(
    "--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Also write the figures here."
)
@click.option("--scale", default=1.0, show_default=True, help="Share of the full size, for a try.")
@click.option("--state", type=click.Path(file_okay=False, path_type=Path), help="Where a long run is kept.")
@click.option("--jobs", type=int, help="How many processes a long run has.")
def run(name: str, file: Path | None, scale: float, **asked: Any) -> None:
    """Measure and print."""
    more = {option: value for option, value in asked.items() if value is not None}
    figures = import_module(f"benchmarks.{name.replace('-', '_')}").measure(scale, **more)
    for figure in figures:
        click.echo(str(figure))
    if file:
        file.write_text(json.dumps([f.as_dict() for f in figures], indent=2) + "\n")
    sys.exit(any(f.holds is False for f in figures))


if __name__ == "__main__":
    main()
