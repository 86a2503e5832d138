"""Customer retention over any span of days.

S: customers with a counted order in the window before the span. E: the same at its end. N: first order
ever inside the span and in E. L: in S, not in E. R: in E, neither in S nor in N (won back).
S - L + N + R = E always. Source: requirements A085-A090 and 2.9; the rate multiplies by 100.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from regulars.errors import ConfigError
from regulars.metrics.settings import Period
from regulars.metrics.spans import Span
from regulars.warehouse import Session, statement

_DAY = timedelta(days=1)
_EDGES = 60  # of spans at once; each is a bit of a 64-bit integer


@dataclass(frozen=True, slots=True)
class Retention:
    """Counts of one span and the rates that follow from them, in per cent; None is "not defined".

    `gone` are the new who left again inside the span: in neither S nor E, so in no rate; they exist
    only where the window is shorter than the span.
    """

    span: Span
    window: int
    s: int
    e: int
    n: int
    r: int
    l: int  # noqa: E741 - the letter of the formula
    gone: int

    def __post_init__(self) -> None:
        if self.s - self.l + self.n + self.r != self.e:
            raise AssertionError(f"S - L + N + R is not E: {self}")

    @property
    def crr(self) -> Decimal | None:
        """(E - N) / S x 100."""
        return percent(self.e - self.n, self.s)

    @property
    def kept(self) -> Decimal | None:
        """(S - L) / S x 100: strict retention, without those who were won back."""
        return percent(self.s - self.l, self.s)

    @property
    def won_back(self) -> Decimal | None:
        """R / S x 100."""
        return percent(self.r, self.s)

    @property
    def churn(self) -> Decimal | None:
        """L / S x 100."""
        return percent(self.l, self.s)

    @property
    def turnover(self) -> Decimal | None:
        """Loss and acquisition: (L + N) / ((S + E) / 2) x 100."""
        return percent(2 * (self.l + self.n), self.s + self.e)


def percent(part: int, whole: int) -> Decimal | None:
    """part / whole x 100; None, "not defined", where there is no whole to have a part."""
    return Decimal(part) * 100 / Decimal(whole) if whole > 0 else None


def retention(session: Session, span: Span, window: int) -> Retention:
    """Retention of any span, from the customers' days; `window` in days, at least one."""
    return retentions(session, [span], window)[0]


def retentions(session: Session, spans: Sequence[Span], window: int) -> list[Retention]:
    """Retention of several spans in their order. All are counted in one pass over the customers' days."""
    _positive(window)
    found: list[Retention] = []
    for at in range(0, len(spans), _EDGES // 2):
        some = spans[at : at + _EDGES // 2]
        edges = sorted({edge for span in some for edge in (span.starts_on, span.ends_on + _DAY)})
        people = session.query(statement(__package__, "retention"), _calendar(edges, window))
        found += [_counted(span, window, edges, people) for span in some]
    return found


def _calendar(edges: Sequence[date], window: int) -> dict[str, Any]:
    """For each day on which an order matters: the edges at which it makes somebody a customer, as bits."""
    length = timedelta(days=window)
    from_on = edges[0] - length
    days = [from_on + timedelta(days=n) for n in range((edges[-1] - from_on).days)]
    masks = [sum(1 << n for n, edge in enumerate(edges) if edge - length <= day < edge) for day in days]
    bounds = {"from_on": from_on, "until": edges[-1], "first_edge": edges[0]}
    return {"days": days, "masks": masks, "edges": list(edges), **bounds}


def _counted(span: Span, window: int, edges: Sequence[date], people: Sequence[tuple[int, int, int]]) -> Retention:
    """`people` are (edges at which they were customers, edges not after their first order, how many)."""
    start, end = edges.index(span.starts_on), edges.index(span.ends_on + _DAY)
    size: Counter[tuple[bool, bool, bool]] = Counter()
    for mask, born, count in people:
        size[bool(mask >> start & 1), bool(mask >> end & 1), start < born <= end] += count
    return Retention(
        span,
        window,
        s=sum(count for (in_s, _, _), count in size.items() if in_s),
        e=sum(count for (_, in_e, _), count in size.items() if in_e),
        n=size[False, True, True],
        r=size[False, True, False],
        l=sum(count for (in_s, in_e, _), count in size.items() if in_s and not in_e),
        gone=size[False, False, True],
    )


def retention_members(session: Session, span: Span, window: int) -> pa.Table:
    """The sets themselves: columns customer_id, part (S, E, N, R or L), one row per membership."""
    return session.table(statement(__package__, "retention_members"), _params(span, window))


def samples(session: Session, span: Span, window: int, size: int = 3) -> dict[str, list[str]]:
    """The first `size` customer ids of each set, by part; a set that is empty has no entry."""
    members = statement(__package__, "retention_members")
    sql = f"SELECT m.part, min(m.customer_id, $size) FROM ({members}) AS m GROUP BY m.part"
    return dict(session.query(sql, {"size": size, **_params(span, window)}))


def store_members(session: Session, period: Period, span: Span, window: int) -> None:
    """Append the sets of one span to the table retention_set."""
    sql = "INSERT INTO retention_set SELECT $period, $starts, m.customer_id, m.part FROM "
    members = statement(__package__, "retention_members")
    session.run(f"{sql} ({members}) AS m", {"period": period, **_params(span, window)})


def _params(span: Span, window: int) -> dict[str, Any]:
    _positive(window)
    after, length = span.ends_on + _DAY, timedelta(days=window)
    return {"s_from": span.starts_on - length, "starts": span.starts_on, "e_from": after - length, "after": after}


def _positive(window: int) -> None:
    if window < 1:
        raise ConfigError(f"a window of {window} days holds nobody", where="retention.active_window")
