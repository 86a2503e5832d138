"""The scorecard: exactly six figures, each beside the month before and the same month a year before.

What is not known is not measured, and says what is missing; it is never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from regulars.metrics import Span, buyers, last_complete, span_before, year_before
from regulars.metrics.values import predicted_margin
from regulars.models import Metric
from regulars.money import Money
from regulars.scorecard.holdout import Experiment, Extra, extra
from regulars.scorecard.outlook import Outlooks, outlook
from regulars.warehouse import Session, statement

Name = Literal["clv", "engagement", "loyalty", "alignment", "cost", "return"]
NAMES: tuple[Name, ...] = ("clv", "engagement", "loyalty", "alignment", "cost", "return")


@dataclass(frozen=True, slots=True)
class Given:
    """What the tables do not know, by first of the month in minor units of the client's currency: `ecoa` from
    the ledger (text: why it cannot be told), `platforms` as entered. `margin` None: nobody said."""

    ecoa: Mapping[date, int] | str = field(default_factory=dict)
    platforms: Mapping[date, int] = field(default_factory=dict)
    margin: float | None = None
    experiment: Experiment = field(default_factory=Experiment)


@dataclass(frozen=True, slots=True)
class Line:
    """One number of a figure in three spans: this one, the one before, the year before."""

    label: str
    now: Metric
    before: Metric
    year_before: Metric


@dataclass(frozen=True, slots=True)
class Card:
    """Lines per figure, and the outlook if nothing is done."""

    span: Span
    currency: str
    as_of: date
    figures: Mapping[Name, tuple[Line, ...]]
    outlook: Outlooks


def scorecard(session: Session, span: Span, given: Given) -> Card:
    """The card of a calendar month from a published snapshot."""
    told = session.query("SELECT as_of, zone, currency, window_days FROM metric_basis")[0]
    as_of, zone, currency, window = told
    session.run(statement("regulars.metrics", "rounding"))
    spans = (span, span_before(span, "month"), year_before(span, "month"))
    months = [_Month(session, each, zone, window, currency, as_of, given) for each in spans]
    figures: dict[Name, tuple[Line, ...]] = {}
    for name in NAMES:
        cells = [getattr(month, name if name != "return" else "returned")() for month in months]
        figures[name] = tuple(Line(row[0].name, *row) for row in zip(*cells, strict=True))
    today = [*_predicted(session, currency, as_of), _preferences(session, as_of)]
    if span != last_complete("month", as_of):
        today = [_not_of_today(line, span) for line in today]
    *predicted, preferences = today
    figures["clv"] += tuple(predicted)
    figures["alignment"] += (preferences,)
    return Card(span, currency, as_of, figures, outlook(session, as_of))


class _Month:
    """One span's metrics."""

    def __init__(
        self, session: Session, span: Span, zone: str, window: int, currency: str, as_of: date, given: Given
    ) -> None:
        self._session, self._span, self._as_of, self._given = session, span, as_of, given
        self._currency, self._window = currency, window
        params = {"starts": span.starts_on, "ends": span.ends_on, "zone": zone, "window": window}
        found = session.table(statement(__package__, "month"), params)
        self._row: dict[str, Any] = found.to_pylist()[0]

    def clv(self) -> tuple[Metric, ...]:
        return tuple(
            self._metric(
                f"{part} CLV, simple",
                None if (minor := self._row[column]) is None else Money.of_minor(minor, self._currency),
                self._currency,
                "1 year x orders per year x amount per order, of each customer so far",
                {"customers": self._row["customers"]},
                "nobody had ordered yet",
            )
            for part, column in (("median", "clv_median"), ("p90", "clv_p90"))
        )

    def engagement(self) -> tuple[Metric, ...]:
        clicked, mailed = self._row["clicked"], self._row["mailed"]
        return (self._share("people who clicked", clicked, mailed, "mailed people", "no mail is visible"),)

    def loyalty(self) -> tuple[Metric, ...]:
        year = Span(self._year_start(), self._span.ends_on)
        found = buyers(self._session, year, span_before(year))
        tenure = self._row["tenure"]
        return (
            self._share("repeat rate, 12 months", found.repeaters, found.buyers, "buyers", "nobody ordered"),
            self._metric(
                "median tenure",
                tenure,
                "days",
                "days since the first order of the median active customer",
                {"active customers": self._row["active"], "window days": self._window},
                "nobody was active",
            ),
        )

    def alignment(self) -> tuple[Metric, ...]:
        refunded, gross = self._row["refund_minor"], self._row["gross_minor"]
        complained, mailed = self._row["complained"], self._row["mailed"]
        return (
            self._share("refunded share of sales", refunded, gross, "minor units sold", "nothing was sold"),
            self._share("people who complained", complained, mailed, "mailed people", "no mail is visible"),
        )

    def cost(self) -> tuple[Metric, ...]:
        parts = self._parts()
        known = [part for part in parts.values() if isinstance(part, int)]
        missing = [f"{name}: {part}" for name, part in parts.items() if isinstance(part, str)]
        whole = None if missing else sum(known)
        formula = "discounts + ECOA + platform contacts"
        rows = [
            self._money(f"  {name}", part if isinstance(part, int) else None, name, {}, str(part))
            for name, part in parts.items()
        ]
        total = self._money("programme cost", whole, formula, dict(parts), "; ".join(missing))
        return (total, *rows)

    def returned(self) -> tuple[Metric, ...]:
        name, formula = "return", "incremental margin / programme cost"
        found = extra(self._session, self._given.experiment, self._span)
        (cost, *_), margin = self.cost(), self._given.margin
        if isinstance(found, str):
            return (self._metric(name, None, "x", formula, {}, found),)
        if margin is None:
            return (self._metric(name, None, "x", formula, {}, "clv.margin is not set"),)
        gained = round(Fraction(str(margin)) * found.minor)
        inputs: dict[str, Any] = {
            "treated": found.treated,
            "held out": found.held_out,
            "extra net sales": Money.of_minor(found.minor, self._currency),
            "margin": margin,
            "incremental margin": Money.of_minor(gained, self._currency),
            "programme cost": cost.value,
        }
        if not isinstance(cost.value, Money) or cost.value.minor <= 0:
            return (self._metric(name, None, "x", formula, inputs, cost.note or "no cost to divide by"),)
        value = _quotient(gained, cost.value.minor)
        return (self._metric(name, value, "x", formula, inputs, "", _interval(found, margin, cost.value.minor)),)

    def _parts(self) -> dict[str, int | str]:
        month, ecoa = self._span.starts_on, self._given.ecoa
        return {
            "discounts": self._row["discount_minor"],
            "ECOA": ecoa if isinstance(ecoa, str) else ecoa.get(month, 0),
            "platform contacts": self._given.platforms.get(month, "not entered (costs.platforms)"),
        }

    def _year_start(self) -> date:
        ends = self._span.ends_on
        return date.fromordinal(ends.toordinal() - 364)

    @property
    def _is_before_all(self) -> bool:
        since: date | None = self._row["since"]
        return since is None or since > self._span.ends_on

    def _share(self, name: str, part: int, whole: int, of: str, missing: str) -> Metric:
        value = Decimal(100 * part) / whole if whole else None
        formula = f"{name} / {of} x 100 = {part:,} / {whole:,} x 100"
        return self._metric(name, value, "%", formula, {name: part, of: whole}, missing)

    def _money(self, name: str, minor: int | None, formula: str, inputs: dict[str, Any], missing: str) -> Metric:
        value = None if minor is None else Money.of_minor(minor, self._currency)
        shown = {key: _shown(each, self._currency) for key, each in inputs.items()}
        return self._metric(name, value, self._currency, formula, shown, missing)

    def _metric(
        self,
        name: str,
        value: Decimal | Money | int | None,
        unit: str,
        formula: str,
        inputs: Mapping[str, Any],
        missing: str,
        note: str = "",
    ) -> Metric:
        if self._is_before_all:
            value, missing = None, "before the first order"
        said = note if value is not None else f"not measured: {missing}"
        return Metric(name, value, unit, str(self._span), formula, inputs, self._as_of, said)


def _shown(value: int | str, currency: str) -> Money | str:
    return value if isinstance(value, str) else Money.of_minor(value, currency)


def _quotient(part: int, whole: int) -> Decimal:
    return (Decimal(part) / Decimal(whole)).quantize(Decimal("0.0001"))


def _interval(found: Extra, margin: float, cost: int) -> str:
    if found.low is None or found.high is None:
        return "too few people for an interval"
    low, high = (_quotient(round(Fraction(str(margin)) * end), cost) for end in (found.low, found.high))
    return f"between {low:.2f} and {high:.2f} (95 %)"


def _tonight(session: Session) -> tuple[Any, ...]:
    nobody = "(SELECT CAST(NULL AS BIGINT) AS clv_12m_minor)"
    table = "customer_clv" if session.has("customer_clv") else nobody
    return session.query(statement(__package__, "tonight").replace("{predicted}", table))[0]


def _predicted(session: Session, currency: str, as_of: date) -> tuple[Line, ...]:
    median, p90, *_ = _tonight(session)
    formula = "discounted expected orders x expected amount x margin"
    margin = predicted_margin(session)
    return tuple(
        _of_today(
            f"{part} CLV, predicted",
            None if minor is None else Money.of_minor(minor, currency),
            currency,
            (formula, "nobody is predicted"),
            {} if margin is None else {"margin": margin},
            as_of,
        )
        for part, minor in (("median", median), ("p90", p90))
    )


def _preferences(session: Session, as_of: date) -> Line:
    _, _, filled, told, people = _tonight(session)
    is_known = bool(told and people)
    value = Decimal(100 * filled) / people if is_known else None
    formula = f"people with a preference / all people x 100 = {filled:,} / {people:,} x 100"
    missing = "no signal of kind preference is mapped"
    inputs = {"people with a preference": filled, "people": people} if is_known else {}
    return _of_today("preferences filled", value, "%", (formula, missing), inputs, as_of)


def _of_today(
    name: str,
    value: Decimal | Money | None,
    unit: str,
    texts: tuple[str, str],
    inputs: Mapping[str, Any],
    as_of: date,
) -> Line:
    formula, missing = texts
    note = "" if value is not None else f"not measured: {missing}"
    now = Metric(name, value, unit, f"as of {as_of}", formula, inputs, as_of, note)
    past = Metric(name, None, unit, "past", formula, {}, as_of, "not measured: only today's is known")
    return Line(name, now, past, past)


def _not_of_today(line: Line, span: Span) -> Line:
    """The line in the card of an earlier month than the last: today's number is not that month's."""
    note = f"{line.before.note}; that of the month: --as-of {span.ends_on + timedelta(days=1)}"
    return Line(line.label, replace(line.before, note=note), line.before, line.before)
