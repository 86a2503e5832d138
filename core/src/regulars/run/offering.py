"""Who was offered something tonight: facts that waiting times and the cash-grab meter look at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from regulars.run.held_out import STAGE, HeldOut
from regulars.segments import Report, Segment
from regulars.warehouse import Session

Offer = tuple[str, dict[str, Any]]


def offers(session: Session, used: Sequence[Segment], report: Report, held: HeldOut, as_of: date) -> list[Offer]:
    """Facts of kind "offer": who came into a promotion, with its recommendation where it makes one, and who
    would have come into it but is held out."""
    promos = {segment.name: segment for segment in used if segment.promo}
    if not promos:
        return []
    rules = dict(session.query("SELECT customer_id, next_rule FROM recommended WHERE next_rule IS NOT NULL"))
    made = [_fact(who, as_of, promos[name], rules, False) for name, who in report.joined if name in promos]
    return made + [_fact(who, as_of, promos[name], rules, True) for name, who in held.joined]


def show(session: Session, made: Sequence[Offer], as_of: date) -> None:
    """Tonight's offers in the catalogue, as a night that is repeated finds them there from the beginning."""
    shown = [(who, fact["segment"]) for who, fact in made if not fact["held_out"]]
    if shown:
        session.run(
            """UPDATE catalogue SET last_offer_on = $as_of, offer_segment = s.segment
            FROM (SELECT unnest(CAST($people AS VARCHAR[])) AS customer_id,
                         unnest(CAST($segments AS VARCHAR[])) AS segment) AS s
            WHERE s.customer_id = catalogue.customer_id""",
            {"as_of": as_of, "people": [who for who, _ in shown], "segments": [name for _, name in shown]},
        )


def _fact(who: str, as_of: date, segment: Segment, rules: dict[str, str], held_out: bool) -> Offer:
    rule = rules.get(who) if segment.stage == STAGE else None
    return who, {"on": as_of.isoformat(), "segment": segment.name, "rule": rule, "held_out": held_out}
