"""regulars reactivation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from regulars.cli.call import Call, pass_call, shared, table

if TYPE_CHECKING:
    from regulars.reactivation import Audience, EcoaDesk
    from regulars.warehouse import Session


@click.group("reactivation")
def group() -> None:
    """Who is written to after they lapsed, who is not and why, and what it did."""


@shared
@group.command("show")
@click.argument("client_id", metavar="CLIENT")
@click.option("--sample", default=0, help="Also show so many people, addresses masked.")
@pass_call
def show(call: Call, client_id: str, sample: int) -> None:
    """The audience of every reactivation segment in use, with a reason for everybody left out."""
    from regulars.reactivation import EcoaDesk, audience, is_reactivation, lift
    from regulars.run.desk import reading
    from regulars.run.measure import segments_in_use
    from regulars.warehouse import Warehouse

    client = call.client(client_id)
    used = [segment for segment in segments_in_use(client) if is_reactivation(segment)]
    data: list[dict[str, Any]] = []
    lines: list[str] = []
    with reading(client) as journal:
        desk = EcoaDesk(client.config, journal, Warehouse(client.data_dir).published)
        with desk.read() as session:
            note, beyond = _ecoa(desk, session), _beyond(session, client.file)
            for segment in used:
                found = audience(desk, session, segment)
                sentence = lift(desk, session, found.series, segment.name).sentence
                data.append(_data(found, sentence, sample))
                lines += [*found.lines({"bounced": note} if note else None), f"  lift: {sentence}", *beyond]
                lines += _people(data[-1]["people"])
    call.show(data, lines or f"no reactivation segment is in use; see segments.use in {client.file}")


def _ecoa(desk: EcoaDesk, session: Session) -> str:
    """What ECOA could do about the bounces; "" where it is off."""
    from regulars.errors import RefusedError
    from regulars.reactivation import eligibility, month

    try:
        left = month(desk.config, desk.journal, desk.now())
    except RefusedError:
        return ""
    eligible = len(eligibility(session, desk.config, desk.journal, desk.now()).eligible)
    return f"ECOA: {eligible:,} eligible, {left}"


def _beyond(session: Session, file: str) -> list[str]:
    """The lines on which nobody could begin in time, with what to write instead, and where."""
    from regulars.lifecycle import refusals, stored

    found = refusals(stored(session)) if session.has("lifecycle_line") else []
    where = [f"  act_before is written below [lifecycle] in {file}"] if found else []
    return [*(f"  nobody can begin in time, {why}" for why in found), *where]


def _data(found: Audience, sentence: str, sample: int) -> dict[str, Any]:
    from regulars.plan.render import masked

    funnel = found.funnel()
    return {
        "segment": found.segment,
        "series": found.series,
        "on": found.on.isoformat(),
        "inside": funnel.of,
        "left_out": dict(funnel.left_out),
        "audience": funnel.left,
        "lift": sentence,
        "people": [
            {
                "customer": one.customer_id,
                "email": masked(one.email) if one.email else None,
                "reason": one.reason or "in the audience",
            }
            for one in found.people[:sample]
        ],
    }


def _people(people: list[dict[str, Any]]) -> list[str]:
    return table([tuple(one.values()) for one in people], ("customer", "address", "why")) if people else []
