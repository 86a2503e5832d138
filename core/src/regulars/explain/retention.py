"""Retention, repeat rates and waiting times as numbers that can be worked out again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from regulars.explain.snapshot import Row, rows, stored_retention
from regulars.metrics import Buyers, Retention, Span, buyers, next_orders, one_and_done, retention, span_before
from regulars.metrics.crr import samples
from regulars.metrics.repeat import together
from regulars.metrics.settings import Period
from regulars.metrics.survival import After, Survival
from regulars.models import Metric
from regulars.money import Money
from regulars.warehouse import Session

_NOT_DEFINED = "not defined: nobody was a customer at the start"
_FORMULAS = {
    "crr": ("(E - N) / S x 100", "({e} - {n}) / {s} x 100"),
    "kept": ("(S - L) / S x 100", "({s} - {l}) / {s} x 100"),
    "won_back": ("R / S x 100", "{r} / {s} x 100"),
    "churn": ("L / S x 100", "{l} / {s} x 100"),
    "turnover": ("(L + N) / ((S + E) / 2) x 100", "({l} + {n}) / (({s} + {e}) / 2) x 100"),
}


def rates(
    session: Session, names: Sequence[str], told: Row, span: Span | None, window: int | None
) -> Iterator[Metric]:
    """Rates of the five sets: of `span`, else of the last complete period of each kind that is stored."""
    for label, found in _spans(session, told, span, window):
        sets = samples(session, found.span, found.window)
        yield from (_rate(name, label, found, sets, told) for name in names)


def bought(session: Session, names: Sequence[str], told: Row, span: Span | None) -> Iterator[Metric]:
    """Rates of who bought again: of `span`, else of the last complete period of each kind that is stored."""
    for label, found in _spans(session, told, span, None):
        period: Any = None if span else label
        each = buyers(session, found.span, span_before(found.span, period))
        yield from (_bought(name, label, each, told) for name in names)


def waiting(session: Session, told: Row) -> Iterator[Metric]:
    """The median time to the next order, after any order and after the first."""
    curves = next_orders(session, told["as_of"])
    yield _wait("next_order", "any", curves["any"], told)
    yield _wait("second_order", "first", curves["first"], told)


def once(session: Session, told: Row) -> Iterator[Metric]:
    """The share of people who did not order again within the client's window."""
    within = told["window_days"]
    found = together(one_and_done(session, "month", within, told["as_of"]))
    worked = f"{found.once} / {found.decided} x 100"
    yield Metric(
        name="one_and_done",
        value=found.share,
        unit="%",
        window=f"first order {within} days before {told['as_of']} or earlier",
        formula=f"no later day with an order in {within} days / people x 100 = {worked}",
        inputs={
            "did not come back in time": found.once,
            "people": found.decided,
            "left out, their time is not over": found.undecided,
        }
        | settings_of(told),
        as_of=told["as_of"],
        note="" if found.decided else f"not defined: nobody's first order is {within} days ago",
    )


def settings_of(told: Row) -> dict[str, str]:
    """What the numbers were made with."""
    return {
        "zone": told["zone"],
        "refunds count on the day of the": told["refund_date"],
        "wholesale tags": told["wholesale_tags"] or "none",
    }


def worked_out(found: Retention) -> str:
    """The sum of the sets, in numbers."""
    return f"S - L + N + R = {found.s:,} - {found.l:,} + {found.n:,} + {found.r:,} = {found.e:,} = E"


def _spans(
    session: Session, told: Row, span: Span | None, window: int | None
) -> Iterator[tuple[Period | str, Retention]]:
    if span is not None:
        yield "span", retention(session, span, window or told["window_days"])
        return
    for row in rows(session, "SELECT * FROM retention WHERE complete ORDER BY ends_on - starts_on, starts_on"):
        yield row["period"], stored_retention(row)


def _rate(name: str, label: str, found: Retention, sets: Mapping[str, Sequence[str]], told: Row) -> Metric:
    counts = {letter: getattr(found, letter.lower()) for letter in "SENRL"}
    value: Decimal | None = getattr(found, name)
    formula, worked = _FORMULAS[name]
    notes = [] if value is not None else [_NOT_DEFINED]
    if found.gone:
        notes.append(f"{found.gone} new and already gone again: the window is shorter than the period")
    return Metric(
        name=name,
        value=value,
        unit="%",
        window=f"{label} {found.span}; a customer ordered within {found.window} days",
        formula=f"{formula} = {worked.format(**{k.lower(): v for k, v in counts.items()})}",
        inputs=counts
        | {"new and gone": found.gone, "sum": worked_out(found)}
        | {f"in {part}": _some(sets.get(part, ()), count) for part, count in counts.items()}
        | {"window days": found.window}
        | settings_of(told),
        as_of=told["as_of"],
        note="; ".join(notes),
    )


def _some(people: Sequence[str], count: int) -> str:
    more = count - len(people)
    return (", ".join(people) or "nobody") + (f" and {more:,} more" if more > 0 else "")


def _bought(name: str, label: str, found: Buyers, told: Row) -> Metric:
    now, then = (Money.of_minor(x, told["currency"]) for x in (found.again_minor, found.before_minor))
    returning, whole = (Money.of_minor(x, told["currency"]) for x in (found.returning_minor, found.net_minor))
    choices: dict[str, tuple[str, dict[str, Any]]] = {
        "revenue_retention": (
            f"net sales now to the customers of {found.before} / theirs then x 100 = {now} / {then} x 100",
            {"customers of the span before": found.buyers_before, "net sales then": then, "net sales now": now},
        ),
        "repeat_purchase_rate": (
            f"two orders or more in the span / one or more x 100 = {found.repeaters} / {found.buyers} x 100",
            {"ordered twice or more in the span": found.repeaters, "ordered in the span": found.buyers},
        ),
        "returning_customer_rate": (
            f"more than one order ever / one or more in the span x 100 = {found.returning} / {found.buyers} x 100",
            {"more than one order ever": found.returning, "ordered in the span": found.buyers},
        ),
        "returning_revenue_share": (
            f"net sales to returning customers / all net sales x 100 = {returning} / {whole} x 100",
            {"net sales to returning customers": returning, "net sales to known customers": whole},
        ),
    }
    formula, inputs = choices[name]
    value: Decimal | None = getattr(found, name)
    return Metric(
        name=name,
        value=value,
        unit="%",
        window=f"{label} {found.span}",
        formula=formula,
        inputs=inputs | settings_of(told),
        as_of=told["as_of"],
        note="" if value is not None else "not defined: nobody bought in the span it is a share of",
    )


def _wait(name: str, after: After, curve: Survival, told: Row) -> Metric:
    low, high = (day if day is not None else "not reached" for day in curve.median_interval)
    seen: date = told["as_of"]
    return Metric(
        name=name,
        value=curve.median,
        unit="days",
        window=f"every order up to {seen}" if after == "any" else f"every first order up to {seen}",
        formula="first day with S(t) <= 1/2; S(t) = product over days of (1 - ordered / still waiting)",
        inputs={
            "waits": curve.waits,
            "ended with an order": curve.ordered,
            "still waiting (censored)": curve.waits - curve.ordered,
            "95 % interval, days": f"{low} to {high}",
        }
        | settings_of(told),
        as_of=seen,
        note=_unreached(curve),
    )


def _unreached(curve: Survival) -> str:
    if not curve.waits:
        return "not measured: nobody has ordered yet"
    return "" if curve.median is not None else "not reached: fewer than half have ordered again so far"
