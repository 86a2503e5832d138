"""Everything about acquisition that a published snapshot tells, asked in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from regulars.acquisition.keeping import Keeping, keeping
from regulars.acquisition.spend import Margin, Payback, Spend, Won, paybacks, won
from regulars.acquisition.word import Word, word_of_mouth
from regulars.errors import RegularsError
from regulars.warehouse import Session, statement


@dataclass(frozen=True, slots=True)
class Step:
    """One source. Everybody is in `known`; `reachable`, `ordered` and `again` (a second order) count who got at
    least that far: who ordered was reached. `out_of_reach` of those who ordered cannot be reached today."""

    source: str
    known: int
    reachable: int
    ordered: int
    again: int
    out_of_reach: int


@dataclass(frozen=True, slots=True)
class Acquisition:
    """`funnel` by source, most people first; `won` per month and source that money was entered for, `sources`
    the same over all these months; both empty where nothing was entered ("needs ad spend")."""

    as_of: date
    currency: str
    margin: Margin
    funnel: tuple[Step, ...]
    whole: Step
    word: Word
    won: tuple[Won, ...]
    sources: tuple[Won, ...]
    paybacks: tuple[Payback, ...]
    keeping: Keeping


def acquisition(
    session: Session, spend: Sequence[Spend], margin: Margin, kept: Mapping[date, int] = MappingProxyType({})
) -> Acquisition:
    """The report as of the snapshot's day. Months of `spend` that begin after it are left out.

    `kept` is what programmes and platforms cost, in minor units by the first day of the month.

    Raises RegularsError for a snapshot of an older version, which does not have first touches.
    """
    if not session.has("first_touch"):
        raise RegularsError("where people came from was not measured yet", hint="Run: regulars run")
    as_of, zone, currency = session.query("SELECT as_of, zone, currency FROM metric_basis")[0]
    past = [each for each in spend if each.month <= as_of]
    funnel = [Step(*row) for row in session.query(statement(__package__, "funnel"))]
    by_month = won(session, past)
    return Acquisition(
        as_of=as_of,
        currency=currency,
        margin=margin,
        funnel=tuple(funnel),
        whole=_whole(funnel),
        word=word_of_mouth(session, as_of, zone),
        won=by_month,
        sources=_summed(by_month),
        paybacks=paybacks(session, past, _summed(by_month), margin, as_of),
        keeping=keeping(session, past, kept, as_of),
    )


def _whole(steps: Sequence[Step]) -> Step:
    names = ("known", "reachable", "ordered", "again", "out_of_reach")
    return Step("all", *(sum(getattr(step, name) for step in steps) for name in names))


def _summed(rows: Sequence[Won]) -> tuple[Won, ...]:
    found: dict[str, Won] = {}
    for row in rows:
        found[row.source] = row.plus(found[row.source]) if row.source in found else row.of_all_months
    return tuple(found[source] for source in sorted(found))
