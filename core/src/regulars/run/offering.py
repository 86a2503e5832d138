"""Who was offered something tonight: facts that waiting times and the cash-grab meter look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from regulars.config import ClientConfig
from regulars.segments import Draw, Report, Segment
from regulars.warehouse import Session

SERIES = "expansion"
"""The series of `holdout('expansion')`: whom expansion leaves alone."""

Offer = tuple[str, dict[str, Any]]


def offers(
    session: Session, config: ClientConfig, used: Sequence[Segment], report: Report, as_of: date
) -> list[Offer]:
    """Facts of kind "offer": who came into a promotion, with its recommendation where it makes one, and who
    would have been offered something but is held out."""
    promos = {segment.name: segment for segment in used if segment.promo}
    if not promos:
        return []
    rules = dict(session.query("SELECT customer_id, next_rule FROM recommended WHERE next_rule IS NOT NULL"))
    made = [_fact(who, as_of, promos[name], rules) for name, who in report.joined if name in promos]
    return made + list(_held_out(session, config, promos.values(), as_of))


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


def _fact(who: str, as_of: date, segment: Segment, rules: dict[str, str]) -> Offer:
    rule = rules.get(who) if segment.stage == SERIES else None
    return who, {"on": as_of.isoformat(), "segment": segment.name, "rule": rule, "held_out": False}


def _held_out(session: Session, config: ClientConfig, promos: Any, as_of: date) -> Iterator[Offer]:
    if not any(segment.stage == SERIES for segment in promos):
        return
    drawn = Draw(config.holdout.salt, config.id, config.holdout.share).sql(SERIES)
    days = config.expansion.between_offers.days
    sql = f"""SELECT customer_id, next_rule FROM recommended
        WHERE next_rule IS NOT NULL AND {drawn}
          AND customer_id NOT IN (SELECT o.customer_id FROM offer AS o
                                  WHERE o.held_out AND o.offered_on > $as_of - $days)
        ORDER BY customer_id"""
    for who, rule in session.query(sql, {"as_of": as_of, "days": days}):
        yield who, {"on": as_of.isoformat(), "segment": "", "rule": rule, "held_out": True}
