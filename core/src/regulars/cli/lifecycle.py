"""regulars lifecycle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from regulars.cli.call import Call, dated, pass_call, shared, table

if TYPE_CHECKING:
    from datetime import date

    from regulars.lifecycle import Flow, Line, Return


@shared
@dated
@click.command("lifecycle")
@click.argument("client_id", metavar="CLIENT")
@click.option(
    "--months", type=click.IntRange(0, 36), default=1, help="Flows of so many months beside the running one."
)
@pass_call
def command(call: Call, client_id: str, months: int) -> None:
    """The lines of each category and where they come from; stages, levels, and who moved."""
    from dataclasses import asdict

    from regulars.explain.snapshot import lines as in_force
    from regulars.lifecycle import flows, recorded_since, returns, stored, verdict
    from regulars.lifecycle.settings import lifecycle_settings
    from regulars.run.desk import reading
    from regulars.warehouse import Warehouse

    client = call.client(client_id)
    with Warehouse(client.data_dir).published() as session, reading(client) as journal:
        basis, lines = in_force(session), stored(session)
        as_of = basis["as_of"]
        stages = dict(session.query("SELECT stage, count(*) FROM standing GROUP BY stage"))
        levels = session.query(_LEVELS)
        zone, facts = lifecycle_settings(client.config).zone, list(journal.facts("stage"))
        since, flow = recorded_since(facts, zone), flows(session, facts, as_of, zone, months)
        back = returns(session, as_of, zone)
    data = {
        "as_of": as_of.isoformat(),
        "lines": [asdict(line) | {"on": line.on and line.on.isoformat()} for line in lines],
        "stages": stages,
        "levels": [dict(zip(("level", "customers", "median_days", "stuck"), row, strict=True)) for row in levels],
        "recorded_since": since and since.isoformat(),
        "flows": [_flow_data(one) for one in flow],
        "return_by_level": [asdict(one) | {"share": one.share} for one in back],
        "verdict": verdict(back),
    }
    call.show(
        data,
        [
            *_lines(lines, client.file),
            *_sizes(basis, stages, levels),
            *_unrecorded(since, months + 1 - len(flow)),
            *_flows(flow),
            *_returns(back, verdict(back)),
        ],
    )


_LEVELS = """SELECT s.level AS level, count(*) AS customers,
        CAST(median(s.days_in_level) AS BIGINT) AS median_days,
        count(*) FILTER (WHERE s.stuck_in_basic) AS stuck
    FROM standing AS s GROUP BY s.level
    ORDER BY list_position(['exploratory', 'basic', 'collaborated', 'interconnected'], s.level)"""


def _lines(lines: Sequence[Line], file: str) -> Iterator[str]:
    from regulars.lifecycle import refusals

    rows = [
        (
            line.name,
            line.buyers,
            line.customers,
            line.at_risk,
            line.lapsed,
            *map(_percent, line.chances),
            line.source,
        )
        for line in lines
    ]
    head = (
        "category",
        "buyers",
        "came back",
        "at risk after",
        "lapsed after",
        "chance: new",
        "at risk",
        "lapsed",
        "lines",
    )
    yield from table(rows, head)
    ahead = next((line.ahead for line in lines if line.ahead), None)
    if ahead:
        seen = f"in the days that can be seen ahead (all products: {ahead})"
        yield f"after so many days without an order; chance: of another order {seen}"
    for line in lines:
        since = f", in force since {line.on}" if line.on else ""
        yield f"  {line.name}: {line.reason}{since}" + (f"; {line.note}" if line.note else "")
    found = refusals(lines)
    yield from (f"  refused for {why}" for why in found)
    if found:
        yield f"  act_before is written below [lifecycle] in {file}"


def _sizes(basis: dict[str, Any], stages: dict[str, int], levels: Sequence[tuple[Any, ...]]) -> Iterator[str]:
    from regulars.lifecycle.flow import STAGES

    yield ""
    yield f"stages on {basis['as_of']}   " + "   ".join(f"{name} {stages.get(name, 0):,}" for name in STAGES)
    yield ""
    yield from table([row[:3] for row in levels], ("level", "customers", "median days"))
    stuck = sum(row[3] for row in levels)
    yield f"stuck in basic for more than {basis['basic_max_dwell']} days: {stuck:,}"


def _unrecorded(since: date | None, months: int) -> Iterator[str]:
    """Of a month that began before the record, nobody knows who moved, or who was here already."""
    if months:
        yield ""
        begins = f"the record of stages begins on {since}" if since else "no stage was recorded yet"
        yield f"who moved: {months:,} of the months left out, {begins}"


def _flows(flow: Sequence[Flow]) -> Iterator[str]:
    from regulars.lifecycle.flow import STAGES

    for one in flow:
        yield ""
        rows = [(f"{old or 'new here'}", *(one.counts.get((old, new), 0) for new in STAGES), one.size(old))
                for old in (*STAGES, "")]  # fmt: skip
        sums = ("in all now", *(one.size_now(new) for new in STAGES), sum(one.counts.values()))
        yield from table([*rows, sums], (f"{one.starts_on} to {one.ends_on}", *STAGES, "in all then"))


def _returns(back: Sequence[Return], said: str) -> Iterator[str]:
    yield ""
    rows = [(one.level, one.customers, one.returned, _percent(one.share, "too few")) for one in back]
    yield from table(rows, ("level a year ago", "customers", "ordered since", "share"))
    yield said


def _percent(share: float | None, otherwise: str = "not known") -> str:
    return otherwise if share is None else f"{share:.1%}"


def _flow_data(flow: Flow) -> dict[str, Any]:
    counts = [{"from": old or None, "to": new, "customers": n} for (old, new), n in sorted(flow.counts.items())]
    return {"starts_on": flow.starts_on.isoformat(), "ends_on": flow.ends_on.isoformat(), "counts": counts}
