"""`python -m benchmarks.year --seed 7 --nights 30`: one seed, from its first night, with every mismatch."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import click

from benchmarks.year.year import Year


@click.command()
@click.option("--seed", type=int, required=True)
@click.option("--nights", type=int, default=30, show_default=True)
@click.option("--go-on", is_flag=True, help="Do not stop at the first night with a mismatch.")
def main(seed: int, nights: int, go_on: bool) -> None:
    """Replay a seed."""
    began, wrong = time.perf_counter(), 0
    with tempfile.TemporaryDirectory() as folder, Year(Path(folder) / "house", seed) as year:
        for number in range(nights):
            found = year.night()
            for text in found:
                click.echo(f"seed {seed} night {number}: {text}")
            wrong += len(found)
            if found and not go_on:
                break
        took = time.perf_counter() - began
        click.echo(f"{year.figures}\n{wrong} mismatches; {took / max(1, year.figures.nights):.2f} s a night")
    sys.exit(bool(wrong))


main()
