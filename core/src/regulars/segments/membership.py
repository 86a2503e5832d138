"""Who is in which segment, and who came and went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from regulars.journal import Journal, Tx
from regulars.segments.compiler import all_of, compile_condition
from regulars.segments.holdout import Draw
from regulars.segments.library import Segment
from regulars.segments.preview import Step, funnel
from regulars.warehouse import Session

Member = tuple[str, str]
"""(segment, customer_id)."""


@dataclass(frozen=True, slots=True)
class Report:
    """What `build` did: sizes and funnels by segment, who joined and left, and which segments stayed
    as they were, with the reason."""

    sizes: Mapping[str, int]
    funnels: Mapping[str, Sequence[Step]]
    joined: Sequence[Member]
    left: Sequence[Member]
    kept: Mapping[str, str]


def build(
    session: Session,
    segments: Sequence[Segment],
    *,
    today: date,
    draw: Draw,
    fresh: frozenset[str],
    previous: Iterable[Member],
) -> Report:
    """Make the tables segment_member(segment, customer_id) and segment_funnel from `catalogue`.

    `fresh` are the needs that are met tonight. A segment with an unmet need stays as it was in
    `previous`, except that nobody stays against what is known of consent: in an e-mail segment, and in one
    whose rule asks for consent.
    Raises ConfigError for a wrong rule before anything is changed.
    """
    rules = {segment.name: segment.rule() for segment in segments}
    session.load("segment_before", _pairs(previous))
    session.run("CREATE OR REPLACE TABLE segment_member (segment VARCHAR, customer_id VARCHAR)")
    kept: dict[str, str] = {}
    funnels: dict[str, list[Step]] = {}
    promos: list[str] = []
    for segment in segments:
        unmet = [need for need in segment.needs if need not in fresh]
        if unmet:
            kept[segment.name] = f"{' and '.join(unmet)} not met, membership stays as it was"
            said = [compile_condition(part, today, draw) for part in rules[segment.name].of_consent]
            _keep(session, segment, said)
            continue
        conditions = [compile_condition(part, today, draw) for part in rules[segment.name].conditions]
        _insert(
            session,
            segment.name,
            "catalogue AS c",
            all_of(conditions + (_one_offer(promos) if segment.promo else [])),
        )
        promos += [segment.name] if segment.promo else []
        funnels[segment.name] = funnel(session, rules[segment.name], today, draw)
    session.load("segment_funnel", _funnel_table(funnels))
    joined = _only_in(session, "segment_member", "segment_before")
    left = _only_in(session, "segment_before", "segment_member")
    sizes = dict(session.query("SELECT segment, count(*) FROM segment_member GROUP BY segment"))
    session.run("DROP TABLE segment_before")
    return Report({s.name: sizes.get(s.name, 0) for s in segments}, funnels, joined, left, kept)


def before(journal: Journal, kind: str = "segment") -> set[Member]:
    """Who is in which segment according to the history, kept in facts of this kind."""
    rows = journal.rows(
        "SELECT subject, json_extract(payload, '$.segment') AS name, json_extract(payload, '$.joined'), max(seq)"
        " FROM fact WHERE kind = ? GROUP BY subject, name",
        (kind,),
    )
    return {(str(segment), subject) for subject, segment, joined, _ in rows if joined}


def remember(journal: Journal, tx: Tx, report: Report, today: date) -> None:
    """Append the moves of a report to the history."""
    moves = [(m, True) for m in report.joined] + [(m, False) for m in report.left]
    journal.add_facts(
        tx,
        "segment",
        [
            (customer, {"segment": segment, "on": today.isoformat(), "joined": joined})
            for (segment, customer), joined in moves
        ],
    )


def _keep(session: Session, segment: Segment, said: Sequence[str]) -> None:
    # Fail closed: what is known against a person counts also where it is not known to be fresh.
    allowed = all_of([*said, *(f"({text})" for text in segment.added)])
    source = "catalogue AS c JOIN segment_before AS b USING (customer_id)"
    _insert(session, segment.name, source, f"b.segment = $name AND {allowed}")


def _one_offer(promos: Sequence[str]) -> list[str]:
    """Nobody comes into two promotions in one night: the one that the client names first goes first."""
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in promos)
    taken = f"(SELECT m.customer_id FROM segment_member AS m WHERE m.segment IN ({names}))"
    return [f"c.customer_id NOT IN {taken}"] if promos else []


def _insert(session: Session, name: str, source: str, condition: str) -> None:
    session.run(
        f"INSERT INTO segment_member SELECT $name, c.customer_id FROM {source} WHERE {condition}", {"name": name}
    )


def _only_in(session: Session, one: str, other: str) -> list[Member]:
    return [
        (segment, customer)
        for segment, customer in session.query(
            f"SELECT segment, customer_id FROM {one} EXCEPT SELECT segment, customer_id FROM {other} ORDER BY ALL"
        )
    ]


def _pairs(members: Iterable[Member]) -> pa.Table:
    rows = sorted(members)
    return pa.table(
        {
            "segment": pa.array([m[0] for m in rows], pa.string()),
            "customer_id": pa.array([m[1] for m in rows], pa.string()),
        }
    )


def _funnel_table(funnels: Mapping[str, Sequence[Step]]) -> pa.Table:
    texts, numbers = ("segment", "condition"), ("step", "remaining", "unknown")
    columns: dict[str, pa.DataType] = dict.fromkeys(texts, pa.string()) | dict.fromkeys(numbers, pa.int64())
    rows = [
        {"segment": name, "step": i, "condition": s.condition, "remaining": s.remaining, "unknown": s.unknown}
        for name, steps in funnels.items()
        for i, s in enumerate(steps)
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema(columns))
