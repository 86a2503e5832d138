"""Predicted values with everything that goes into them: the same inputs give the same value again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from regulars.clv import Fitted
from regulars.clv.settings import TITLES
from regulars.explain.snapshot import Row, rows
from regulars.models import Metric
from regulars.money import Money
from regulars.warehouse import Session

_NOBODY = "not predicted: objected to profiling, or no order that was worth something"
_YOUNG = "not predicted: nobody bought before today"


def shop_prediction(session: Session, told: Row) -> Iterator[Metric]:
    """The expected value of all customers over twelve months."""
    model = _model(session)
    if model is None:
        yield Metric("clv_12m", None, told["currency"], "the next 12 months", "", {}, told["as_of"], _YOUNG)
        return
    fitted = Fitted.of(json.loads(model["payload"]))
    low, high = (Money.of_minor(model[f"clv_12m_{end}_minor"], told["currency"]) for end in ("low", "high"))
    yield Metric(
        name="clv_12m",
        value=Money.of_minor(model["clv_12m_minor"], told["currency"]),
        unit=told["currency"],
        window="the next 12 months",
        formula="the sum over customers of discounted orders x expected amount x margin",
        inputs={"low": low, "high": high, "expected orders": round(model["expected_orders_12m"], 1)}
        | _model_inputs(fitted, model, told["currency"]),
        as_of=told["as_of"],
        note=_notes(fitted, model["margin"]),
    )


def person_prediction(session: Session, customer_id: str, told: Row) -> Iterator[Metric]:
    """clv_12m, p_active_90d and next_order_on of one customer; nothing where no night predicted anything."""
    if not session.has("customer_clv"):
        return
    model = _model(session)
    sql = """SELECT p.*, h.* EXCLUDE (customer_id) FROM customer_clv AS p
        JOIN purchase_history AS h ON h.customer_id = p.customer_id WHERE p.customer_id = $id"""
    found = rows(session, sql, {"id": customer_id})
    if model is None or not found:
        note = _YOUNG if model is None else _NOBODY
        yield Metric("clv_12m", None, told["currency"], "the next 12 months", "", {}, told["as_of"], note)
        return
    fitted = Fitted.of(json.loads(model["payload"]))
    past = _history(found[0], told)
    yield _value(found[0], fitted, model, told, past)
    parameters = _parameters(fitted)
    yield _active(found[0], fitted, told, past | parameters)
    yield _next_order(found[0], fitted, told, past | parameters)


def _value(row: Row, fitted: Fitted, model: Row, told: Row, past: Row) -> Metric:
    currency = told["currency"]
    amount = row["expected_amount_minor"]
    times, margin = row["discounted_orders_12m"], model["margin"]
    parts = {
        "chance of still being a customer": row["p_alive"],
        "expected orders": row["expected_orders_12m"],
        "discounted orders": times,
        "expected amount (minor units)": amount,
    }
    low, high = (Money.of_minor(row[f"clv_12m_{end}_minor"], currency) for end in ("low", "high"))
    return Metric(
        name="clv_12m",
        value=Money.of_minor(row["clv_12m_minor"], currency),
        unit=currency,
        window="the next 12 months",
        formula=f"discounted orders x expected amount x margin = {times:.4f} x"
        f" {Money.of_minor(round(amount), currency)} x {margin}",
        inputs=past | parts | _model_inputs(fitted, model, currency) | {"low": low, "high": high},
        as_of=told["as_of"],
        note=_notes(fitted, margin),
    )


def _active(row: Row, fitted: Fitted, told: Row, inputs: Row) -> Metric:
    chance = Decimal(repr(row["p_active_90d"])) * 100
    return Metric(
        name="p_active_90d",
        value=chance,
        unit="%",
        window="the next 90 days",
        formula="the chance of an order: of still being a customer, and then of ordering",
        inputs=inputs | {"chance of still being a customer": row["p_alive"]},
        as_of=told["as_of"],
        note="; ".join(fitted.notes),
    )


def _next_order(row: Row, fitted: Fitted, told: Row, inputs: Row) -> Metric:
    on, early, late = (row[f"next_order_{name}"] for name in ("on", "from", "until"))
    days = None if on is None else (on - told["as_of"]).days
    told_in_words = f"{on or 'more likely never'}; a quarter by {early or '-'}, three quarters by {late or '-'}"
    return Metric(
        name="next_order_on",
        value=days,
        unit="days",
        window="from now on",
        formula="the days by which an order came with a chance of one half",
        inputs=inputs,
        as_of=told["as_of"],
        note="; ".join([told_in_words, *fitted.notes]),
    )


def _history(row: Row, told: Row) -> dict[str, Any]:
    further, spent = row["further_days"], row["further_minor"]
    return {
        "x: further days with an order": further,
        "t_x: days from the first to the last": (row["last_on"] - row["first_on"]).days,
        "T: days from the first until now": (told["as_of"] - row["first_on"]).days,
        "spent on the further days": Money.of_minor(spent, told["currency"]),
        "mean of a further day (minor units)": spent / further if further else 0.0,
    }


def _parameters(fitted: Fitted) -> dict[str, float]:
    return dict(zip(fitted.buying.names, fitted.buying.values, strict=True))


def _model_inputs(fitted: Fitted, model: Row, currency: str) -> dict[str, Any]:
    return {
        "model": f"{TITLES[fitted.model]} with Gamma-Gamma",
        "version": fitted.version,
        **_parameters(fitted),
        **dict(zip(fitted.spend.names, fitted.spend.values, strict=True)),
        "median amount (minor units)": fitted.median,
        "discount per year": model["discount"],
        "margin": model["margin"],
        "chosen": fitted.why,
        "currency": currency,
    }


def _notes(fitted: Fitted, margin: float) -> str:
    sales = ["net sales, not profit: clv.margin is 1"] if margin == 1 else []
    interval = "low to high is what is uncertain of the parameters (95 %); what one person spends scatters more"
    return "; ".join([*fitted.notes, *sales, interval])


def _model(session: Session) -> Row | None:
    if not session.has("clv_model"):
        return None
    return next(iter(rows(session, "SELECT * FROM clv_model")), None)
