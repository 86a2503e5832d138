"""The shop's numbers with everything that goes into them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from regulars.errors import ConfigError
from regulars.explain.snapshot import Row, basis, rows, stored_retention
from regulars.metrics import Retention, Span, retention
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


def explain_metric(
    session: Session, name: str, span: Span | None = None, window: int | None = None
) -> tuple[Metric, ...]:
    """A number of the shop with its formula worked out, inputs, window and settings.

    `name` is one of METRICS. crr and churn come for the last complete period of each kind that is
    stored, or for `span` (with `window` days, else the client's). Raises ConfigError for other names.
    """
    if name not in METRICS:
        raise ConfigError(f"no metric {name!r} to explain", hint=f"One of: {', '.join(METRICS)}")
    told = basis(session)
    if name in _PLAIN:
        return tuple(_PLAIN[name](session, told))
    if span is None:
        return tuple(m for label, found in _stored(session) for m in _rates(name, label, found, told))
    found = retention(session, span, window or told["window_days"])
    return tuple(_rates(name, "span", found, told))


def _stored(session: Session) -> Iterator[tuple[str, Retention]]:
    sql = "SELECT * FROM retention WHERE complete ORDER BY ends_on - starts_on, starts_on"
    for row in rows(session, sql):
        yield row["period"], stored_retention(row)


def _rates(name: str, label: str, found: Retention, told: Row) -> Iterator[Metric]:
    for each in ("crr", "kept", "won_back") if name == "crr" else ("churn", "turnover"):
        yield _rate(each, label, found, told)


def _rate(name: str, label: str, found: Retention, told: Row) -> Metric:
    counts = {letter: getattr(found, letter.lower()) for letter in "SENRL"}
    value: Decimal | None = getattr(found, name)
    formula, worked = _FORMULAS[name]
    days = f"{label} {found.span.starts_on} to {found.span.ends_on}"
    notes = [] if value is not None else [_NOT_DEFINED]
    if found.gone:
        notes.append(f"{found.gone} new and already gone again: the window is shorter than the period")
    return Metric(
        name=name,
        value=value,
        unit="%",
        window=f"{days}; a customer ordered within {found.window} days",
        formula=f"{formula} = {worked.format(**{k.lower(): v for k, v in counts.items()})}",
        inputs=counts | {"new and gone": found.gone, "window days": found.window} | _settings(told),
        as_of=told["as_of"],
        note="; ".join(notes),
    )


def _settings(told: Row) -> dict[str, str]:
    return {
        "zone": told["zone"],
        "refunds count on the day of the": told["refund_date"],
        "wholesale tags": told["wholesale_tags"] or "none",
    }


def _clv(session: Session, told: Row) -> Iterator[Metric]:
    shop = rows(session, "SELECT * FROM shop_value")[0]
    metric = clv_metric(shop, told, f"{shop['starts_on']} to {shop['ends_on']}")
    yield replace(metric, inputs={**metric.inputs, **_clv_sources(shop, told)}, note=_clv_note(shop))


def clv_metric(row: Mapping[str, Any], told: Row, window: str) -> Metric:
    """Simple CLV from a row with its three factors; the product of the inputs is the stored value."""
    currency = told["currency"]
    amount = Money.of_minor(row["clv_order_value_minor"], currency)
    years, per_year = row["clv_years"], row["clv_orders_per_year"]
    return Metric(
        name="clv",
        value=Money.of_minor(row["clv_simple_minor"], currency),
        unit=currency,
        window=window,
        formula=f"lifetime x orders per year x amount per order = {years} years x {per_year} a year x {amount}",
        inputs={"lifetime (years)": years, "orders per year": per_year, "amount per order": amount},
        as_of=told["as_of"],
        note="simple, not predictive",
    )


def _clv_sources(shop: Row, told: Row) -> dict[str, Any]:
    return {
        "customers a year ago (S)": shop["s"],
        "lost of these (L)": shop["l"],
        "orders in the year": shop["orders"],
        "customers who ordered in the year": shop["customers"],
        "net sales in the year": Money.of_minor(shop["net_minor"], told["currency"]),
    }


def _clv_note(shop: Row) -> str:
    if shop["s"] == 0:
        return "lifetime taken as 1 year: nobody was a customer a year ago. Simple, not predictive"
    bounded = " (bounded to 1 to 10 years)" if shop["l"] * 10 <= shop["s"] else ""
    return f"lifetime = S / L{bounded}. Simple, not predictive"


def _reach(session: Session, told: Row) -> Iterator[Metric]:
    everybody = session.query("SELECT count(*) FROM customer")[0][0]
    for row in rows(session, "SELECT * FROM reach ORDER BY channel"):
        who = "people on no channel" if row["channel"] == "none" else "people with consent and a live address"
        yield Metric(
            name=f"reach {row['channel']}",
            value=None if row["share"] is None else Decimal(repr(row["share"])) * 100,
            unit="%",
            window=f"everybody known on {told['as_of']}",
            formula=f"{who} / all people x 100 = {row['customers']} / {everybody} x 100",
            inputs={
                "people": row["customers"],
                "all people": everybody,
                "value behind them": Money.of_minor(row["value_minor"], told["currency"]),
            },
            as_of=told["as_of"],
        )


_PLAIN: Mapping[str, Callable[[Session, Row], Iterator[Metric]]] = {"clv": _clv, "reach": _reach}
METRICS = ("crr", "churn", *_PLAIN)
"""Names that `explain_metric` knows."""
