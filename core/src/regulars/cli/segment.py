"""regulars segment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from regulars.cli.call import Call, pass_call, shared, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regulars.config import Client
    from regulars.segments import Rule, Step


@click.group("segment")
def group() -> None:
    """Who is in which segment, what a rule would find, and which columns there are."""


@shared
@group.command("list")
@click.argument("client_id", metavar="CLIENT")
@pass_call
def list_(call: Call, client_id: str) -> None:
    """The segments a client uses, with their size after the last night."""
    from regulars.run.measure import segments_in_use
    from regulars.warehouse import Warehouse

    client = call.client(client_id)
    with Warehouse(client.data_dir).published() as session:
        sizes = dict(session.query("SELECT segment, count(*) FROM segment_member GROUP BY segment"))
    used = segments_in_use(client)
    data = [
        {"segment": s.name, "customers": sizes.get(s.name, 0), "channel": s.channel, "title": s.title}
        for s in used
    ]
    rows = [(s.name, sizes.get(s.name, 0), s.channel or "", s.title) for s in used]
    call.show(data, table(rows, ("segment", "customers", "channel", "title")))


@shared
@group.command("show")
@click.argument("client_id", metavar="CLIENT")
@click.argument("name", metavar="SEGMENT")
@pass_call
def show(call: Call, client_id: str, name: str) -> None:
    """A segment's rule, and how many customers remain after each of its conditions."""
    from regulars.run.measure import segments_in_use

    client = call.client(client_id)
    found = {segment.name: segment for segment in segments_in_use(client)}
    if name not in found:
        raise _unknown(name, list(found))
    segment = found[name]
    steps = _funnel(client, segment.rule())
    head = [f"{segment.name}: {segment.title}", *(f"needs {need}" for need in segment.needs), ""]
    call.show({"segment": name, "when": segment.when.strip(), "steps": _data(steps)}, [*head, *_lines(steps)])


@shared
@group.command("preview")
@click.argument("client_id", metavar="CLIENT")
@click.argument("rule", metavar="RULE")
@pass_call
def preview(call: Call, client_id: str, rule: str) -> None:
    """What a rule would find now, condition by condition; nothing is stored."""
    from regulars.segments import parse

    steps = _funnel(call.client(client_id), parse("preview", rule))
    call.show(_data(steps), _lines(steps))


@shared
@group.command("columns")
@pass_call
def columns(call: Call) -> None:
    """The columns and functions that rules may use."""
    from regulars.segments.columns import COLUMNS
    from regulars.segments.grammar import FUNCTIONS

    rows = [(name, column.type, ", ".join(column.words)) for name, column in COLUMNS.items()]
    rows += [(function.usage, function.gives, "") for function in FUNCTIONS.values()]
    call.show(
        [dict(zip(("name", "type", "words"), row, strict=True)) for row in rows],
        table(rows, ("name", "type", "words")),
    )


def _funnel(client: Client, rule: Rule) -> list[Step]:
    from regulars.segments import Draw, funnel
    from regulars.warehouse import Warehouse

    holdout = client.config.holdout
    today = client.clock.now().astimezone(client.zone).date()
    with Warehouse(client.data_dir).published() as session:
        return funnel(session, rule, today, Draw(holdout.salt, client.id, holdout.share))


def _data(steps: Sequence[Step]) -> list[dict[str, Any]]:
    return [{"condition": s.condition, "remaining": s.remaining, "unknown": s.unknown} for s in steps]


def _lines(steps: Sequence[Step]) -> list[str]:
    return table([(s.remaining, s.unknown, s.condition) for s in steps], ("remaining", "unknown", "after"))


def _unknown(name: str, known: Sequence[str]) -> Exception:
    from regulars.config import nearest
    from regulars.errors import ConfigError

    hint = nearest(name, known) if known else f'Switch it on in the client file: [segments] use = ["{name}"]'
    return ConfigError(f"no segment named {name!r} is in use", where="segments.use", hint=hint)
