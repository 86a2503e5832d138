"""The shop's numbers with everything that goes into them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from regulars.errors import ConfigError
from regulars.explain.prediction import shop_prediction
from regulars.explain.retention import bought, once, rates, waiting
from regulars.explain.snapshot import Row, basis, rows
from regulars.metrics import Span
from regulars.models import Metric
from regulars.money import Money
from regulars.warehouse import Session

_CLV = "lifetime x orders per year x amount per order"


def explain_metric(
    session: Session, name: str, span: Span | None = None, window: int | None = None
) -> tuple[Metric, ...]:
    """A number of the shop with its formula worked out, inputs, window and settings.

    `name` is one of METRICS. Retention and repeat rates come for the last complete period of each kind that
    is stored, or for `span` (with `window` days, else the client's). Raises ConfigError for other names, and for a
    span where the number has none (see OF_A_SPAN).
    """
    if name not in METRICS:
        raise ConfigError(f"no metric {name!r} to explain", hint=f"One of: {', '.join(METRICS)}")
    if span and name not in OF_A_SPAN:
        hint = f"Leave the span away, or ask for one of: {', '.join(OF_A_SPAN)}"
        raise ConfigError(f"{name} is not told for a span of your own", hint=hint)
    told = basis(session)
    if name in _RATES:
        return tuple(rates(session, _RATES[name], told, span, window))
    if name in _BOUGHT:
        return tuple(bought(session, _BOUGHT[name], told, span))
    return tuple(_PLAIN[name](session, told))


def _clv(session: Session, told: Row) -> Iterator[Metric]:
    shop = rows(session, "SELECT * FROM shop_value")[0]
    window, sources = f"{shop['starts_on']} to {shop['ends_on']}", _clv_sources(shop, told)
    if not shop["orders"]:
        note = "not defined: nobody ordered in the year"
        yield Metric("clv", None, told["currency"], window, _CLV, sources, told["as_of"], note)
        return
    metric = clv_metric(shop, told, window)
    yield replace(metric, inputs={**metric.inputs, **sources}, note=_clv_note(shop))


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
        formula=f"{_CLV} = {years} years x {per_year} a year x {amount}",
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


_RATES = {"crr": ("crr", "kept", "won_back"), "churn": ("churn", "turnover")}
_BOUGHT = {
    "revenue_retention": ("revenue_retention",),
    "repeat_purchase_rate": ("repeat_purchase_rate", "returning_customer_rate", "returning_revenue_share"),
}
_PLAIN: Mapping[str, Callable[[Session, Row], Iterator[Metric]]] = {
    "next_order": waiting,
    "one_and_done": once,
    "clv": _clv,
    "clv_12m": shop_prediction,
    "reach": _reach,
}
OF_A_SPAN = (*_RATES, *_BOUGHT)
"""Those that can be told for a span of one's own."""
METRICS = (*OF_A_SPAN, *_PLAIN)
"""Names that `explain_metric` knows."""
