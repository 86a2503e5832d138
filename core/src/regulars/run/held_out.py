"""Whom promotions leave alone: who would be in one of expansion's tonight if nobody were held out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from regulars.config import ClientConfig
from regulars.segments import Draw, Report, Segment
from regulars.segments.compiler import all_of, compile_condition
from regulars.segments.membership import Member
from regulars.warehouse import Session

STAGE = "expansion"
"""Promotions of this stage are compared with those held out of them."""
KIND = "held_out"
"""Kind of fact, as "segment" is for those inside: the subject is the customer_id of that night, the payload
{"segment", "on", "joined"}."""

_WOULD = """SELECT c.customer_id FROM catalogue AS c
WHERE {would} AND ({inside}) IS NOT TRUE
  AND c.customer_id NOT IN (SELECT m.customer_id FROM segment_member AS m WHERE list_contains($earlier, m.segment))
  -- As somebody who was offered something comes into no other promotion meanwhile.
  AND c.customer_id NOT IN (SELECT o.customer_id FROM offer AS o
                            WHERE o.held_out AND o.offered_on > $as_of - $days AND o.segment <> $name)
ORDER BY c.customer_id"""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """`joined` would have come into a segment tonight, `left` would have gone from one."""

    joined: Sequence[Member] = ()
    left: Sequence[Member] = ()

    def facts(self, as_of: date) -> list[tuple[str, dict[str, Any]]]:
        """Facts of kind `KIND`."""
        moves = [(member, True) for member in self.joined] + [(member, False) for member in self.left]
        return [(who, {"segment": name, "on": as_of.isoformat(), "joined": came}) for (name, who), came in moves]


def held_out(
    session: Session,
    config: ClientConfig,
    used: Sequence[Segment],
    report: Report,
    before: AbstractSet[Member],
    as_of: date,
) -> HeldOut:
    """Who meets everything a promotion asks for but its holdout(), so that the two arms differ in the draw alone.

    `report` is tonight's, `before` who would have been inside until now. Nobody counts who is offered something
    tonight; in a segment that stays as it was nobody comes or goes.
    """
    now = set(_would_be(session, config, used, report, as_of))
    kept = {member for member in before if member[0] in report.kept}
    return HeldOut(sorted(now - before), sorted(before - now - kept))


def _would_be(
    session: Session, config: ClientConfig, used: Sequence[Segment], report: Report, as_of: date
) -> Iterator[Member]:
    draw = Draw(config.holdout.salt, config.id, config.holdout.share)
    promos = [segment for segment in used if segment.promo and segment.name not in report.kept]
    offered = {segment.name for segment in used if segment.promo}
    taken = {who for name, who in report.joined if name in offered}
    for number, segment in enumerate(promos):
        if segment.stage != STAGE:
            continue
        sql = _WOULD.format(
            would=_rule(segment, as_of, replace(draw, share=0.0)), inside=_rule(segment, as_of, draw)
        )
        days = config.expansion.between_offers.days
        earlier = [promo.name for promo in promos[:number]]
        params = {"earlier": earlier, "as_of": as_of, "days": days, "name": segment.name}
        found = [who for (who,) in session.query(sql, params) if who not in taken]
        taken.update(found)
        yield from ((segment.name, who) for who in found)


def _rule(segment: Segment, as_of: date, draw: Draw) -> str:
    return all_of([compile_condition(part, as_of, draw) for part in segment.rule().conditions])
