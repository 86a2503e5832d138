"""Everything about owned media that a published snapshot tells, asked in one go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from regulars.media.classes import MEDIA, OR_ELSE, Media, media_of
from regulars.media.reach import Reach, reach
from regulars.media.value import Quadrants, quadrants
from regulars.media.way import Gain, Health, Way, gains, health, way
from regulars.metrics.values import ValueBasis, value_basis
from regulars.warehouse import Session, statement


@dataclass(frozen=True, slots=True)
class Audience:
    """People we know in one list, platform or audience, and whose medium that is."""

    name: str
    media: Media
    people: int


@dataclass(frozen=True, slots=True)
class OwnedMedia:
    """`touches` counts each touch in one medium, `unclassed` those whose channel nobody classed yet, by
    channel: they count as unowned. Amounts are minor units of `currency`."""

    as_of: date
    currency: str
    value: ValueBasis
    reach: Reach
    quadrants: Quadrants
    touches: Mapping[Media, int]
    unclassed: Mapping[str, int]
    audiences: tuple[Audience, ...]
    way: Way
    gains: tuple[Gain, ...]
    health: tuple[Health, ...]


def owned_media(session: Session) -> OwnedMedia:
    """The report from a snapshot's tables (channel_reach, reachable, customer_clv ...), as of its day."""
    basis = session.query("SELECT as_of, zone, currency FROM metric_basis")[0]
    as_of, zone, currency = basis
    days = {"as_of": as_of, "zone": zone}
    classed, unclassed = _classed(session, days)
    value = value_basis(session)
    people = statement(__package__, "people").replace("{value}", value.table)
    session.run(people, {**days, **classed})
    counted = dict(session.query("SELECT media, CAST(sum(touches) AS BIGINT) FROM media_touch GROUP BY media"))
    audiences = session.query(
        """SELECT audience, media, count(*) FROM media_audience
           GROUP BY audience, media ORDER BY media, count(*) DESC, audience"""
    )
    return OwnedMedia(
        as_of=as_of,
        currency=currency,
        value=value,
        reach=reach(session),
        quadrants=quadrants(session),
        touches={media: counted.get(media, 0) for media in MEDIA},
        unclassed=unclassed,
        audiences=tuple(Audience(*row) for row in audiences),
        way=way(session),
        gains=gains(session, days),
        health=health(session, days),
    )


def _classed(session: Session, days: Mapping[str, Any]) -> tuple[dict[str, list[Any]], dict[str, int]]:
    """Every combination of channel, kind and told medium with its one medium."""
    found = session.query(
        """SELECT coalesce(t.channel, ''), t.kind, coalesce(t.media, ''), count(*) FROM touches AS t
           WHERE NOT t.deleted AND CAST(timezone($zone, t.at) AS DATE) <= $as_of
           GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
        days,
    )
    columns: dict[str, list[Any]] = {"channels": [], "kinds": [], "told": [], "media": []}
    unclassed: dict[str, int] = {}
    for channel, kind, told, touches in found:
        media = media_of(channel, kind, told)
        if media is None:
            name = channel or kind
            unclassed[name] = unclassed.get(name, 0) + touches
        for column, cell in zip(columns.values(), (channel, kind, told, media or OR_ELSE), strict=True):
            column.append(cell)
    return columns, unclassed
