"""One person: who is joined, what was bought, where they stand and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from regulars.errors import ConfigError
from regulars.explain.contact import contact_reasons
from regulars.explain.metric import clv_metric
from regulars.explain.offer import offer_reasons
from regulars.explain.prediction import person_prediction
from regulars.explain.rules import Reason, level_reason, stage_reason
from regulars.explain.snapshot import Row, basis, lines, rows
from regulars.journal import Journal
from regulars.lifecycle import history
from regulars.models import Customer, Field, Lifecycle, Metric, Move, Origin, Profile
from regulars.money import Money
from regulars.warehouse import Session


@dataclass(frozen=True, slots=True)
class Sale:
    """An order: what it counts as (with the reason where that needs one) and its net worth."""

    connection: str
    order_id: str
    ordered_on: str
    kind: str
    reason: str | None
    net: Money | None


@dataclass(frozen=True, slots=True)
class Person:
    """Everything that is known of one customer, with reasons. `reasons`: state and stage, level,
    consent per channel, deliverability, reach, first source, offer. The net worth of counted sales
    adds up to net sales."""

    customer: Customer
    lifecycle: Lifecycle
    reasons: tuple[Reason, ...]
    metrics: tuple[Metric, ...]
    sales: tuple[Sale, ...]

    def only(self, name: str) -> Person:
        """The part that is about one value: stage, level, joins, orders, a metric. Raises ConfigError."""
        known = ["joins", "orders", *(r.name for r in self.reasons), *(m.name for m in self.metrics)]
        if name not in known:
            raise ConfigError(f"no value {name!r} to explain", hint=f"One of: {', '.join(known)}")
        customer, lifecycle = self.customer, self.lifecycle
        return Person(
            customer if name == "joins" else replace(customer, fields={}, profiles=()),
            replace(
                lifecycle,
                stage_moves=lifecycle.stage_moves if name == "stage" else (),
                level_moves=lifecycle.level_moves if name == "level" else (),
            ),
            tuple(reason for reason in self.reasons if reason.name == name),
            tuple(metric for metric in self.metrics if metric.name == name),
            self.sales if name in ("orders", "net_sales") else (),
        )


def explain_person(session: Session, who: str, journal: Journal | None = None) -> Person:
    """The person with this e-mail address (any they are known by), customer id or platform record id.

    With the journal the dated moves of stage and level are told as well. Raises ConfigError where
    nobody, or more than one person, goes by that name.
    """
    customer_id = _find(session, who)
    told, drawn = basis(session), lines(session)
    standing = rows(session, "SELECT * FROM standing WHERE customer_id = $id", {"id": customer_id})
    value = rows(session, "SELECT * FROM customer_value WHERE customer_id = $id", {"id": customer_id})
    if not standing:
        raise ConfigError(f"{who} was not known yet on {told['as_of']}")
    bought = value[0] if value else None
    reasons = [
        stage_reason(session, standing[0], bought, drawn),
        level_reason(session, standing[0], drawn),
        *_permissions(session, customer_id),
        *contact_reasons(session, customer_id),
        *offer_reasons(session, customer_id),
    ]
    return Person(
        customer=_customer(session, customer_id),
        lifecycle=_lifecycle(standing[0], journal),
        reasons=tuple(reasons),
        metrics=_metrics(session, bought, told) if bought else (),
        sales=_sales(session, customer_id, told["currency"]),
    )


def _find(session: Session, who: str) -> str:
    sql = """SELECT DISTINCT f.customer_id FROM profile AS f
        LEFT JOIN persons AS p ON p.connection = f.connection AND p.id = f.person_id AND NOT p.deleted
        LEFT JOIN customer AS c ON c.customer_id = f.customer_id
        WHERE f.customer_id = $who OR f.profile_key = $who OR f.person_id = $who
           OR lower(c.email) = lower($who) OR lower(p.email) = lower($who)"""
    found = session.query(sql, {"who": who.strip()})
    if len(found) == 1:
        return str(found[0][0])
    if not found:
        raise ConfigError(
            f"nobody is known as {who!r}",
            hint="Check the spelling; only people of the last measured night are known",
        )
    ids = ", ".join(sorted(str(row[0]) for row in found))
    raise ConfigError(f"{len(found)} customers go by {who!r}", hint=f"Give one of their ids: {ids}")


def _customer(session: Session, customer_id: str) -> Customer:
    profiles = rows(
        session,
        "SELECT connection, person_id, reason FROM profile WHERE customer_id = $id ORDER BY connection, person_id",
        {"id": customer_id},
    )
    fields: Mapping[str, Field] = {}
    if session.has("customer_field"):
        sql = "SELECT * FROM customer_field WHERE customer_id = $id ORDER BY field"
        fields = {
            row["field"]: Field(row["value"], Origin(row["connection"], row["record_id"], row["seen_at"]))
            for row in rows(session, sql, {"id": customer_id})
        }
    joined = tuple(Profile(row["connection"], row["person_id"], row["reason"]) for row in profiles)
    return Customer(customer_id, fields, joined)


def _lifecycle(standing: Row, journal: Journal | None) -> Lifecycle:
    who = standing["customer_id"]
    told: dict[str, tuple[Move, ...]] = dict.fromkeys(("stage", "level"), ())
    if journal is not None:
        told = {kind: history(journal.facts(kind, who)) for kind in told}
    return Lifecycle(who, standing["stage"], standing["level"], told["stage"], told["level"])


def _permissions(session: Session, customer_id: str) -> list[Reason]:
    found = []
    if session.has("verdict"):
        sql = "SELECT channel, verdict, reason FROM verdict WHERE customer_id = $id ORDER BY channel"
        for row in rows(session, sql, {"id": customer_id}):
            found.append(Reason(f"consent {row['channel']}", row["verdict"], row["reason"], {}))
    if session.has("deliverable"):
        sql = "SELECT state, reason FROM deliverable WHERE customer_id = $id"
        for row in rows(session, sql, {"id": customer_id}):
            found.append(Reason("e-mail deliverable", row["state"], row["reason"], {}))
    return found


def _metrics(session: Session, value: Row, told: Row) -> tuple[Metric, ...]:
    window = f"{value['first_order_on']} to {value['last_order_on']}"
    clv = clv_metric(value, told, window)
    net = Metric(
        name="net_sales",
        value=Money.of_minor(value["net_minor"], told["currency"]),
        unit=told["currency"],
        window=window,
        formula="the sum of counted orders, without tax and shipping, less refunds",
        inputs={"orders": value["orders_count"], "refund rate": value["refund_rate"]},
        as_of=told["as_of"],
    )
    return (net, clv, *person_prediction(session, value["customer_id"], told), *_scores(session, value, told))


def _scores(session: Session, value: Row, told: Row) -> tuple[Metric, ...]:
    cuts = {row["measure"]: row["cuts"] for row in rows(session, "SELECT measure, cuts FROM rfm_cut")}
    measured: dict[str, tuple[str, str, Any]] = {
        "r": ("5 - cut points below the days", "days since the last order", value["days_since_last"]),
        "f": ("1 + cut points below the orders", "orders", value["orders_count"]),
        "m": ("1 + cut points below the net sales", "net sales (minor units)", value["net_minor"]),
    }
    return tuple(
        Metric(
            name=name,
            value=value[name],
            unit="1 to 5",
            window=f"all orders up to {told['as_of']}",
            formula=formula,
            inputs={label: amount, "cut points": list(cuts[name])},
            as_of=told["as_of"],
            note=f"group {value['rfm_group']}" if name == "r" else "",
        )
        for name, (formula, label, amount) in measured.items()
    )


def _sales(session: Session, customer_id: str, currency: str) -> tuple[Sale, ...]:
    sql = "SELECT * FROM sale WHERE customer_id = $id ORDER BY ordered_at, order_id"
    return tuple(
        Sale(
            row["connection"],
            row["order_id"],
            row["ordered_on"].isoformat(),
            row["kind"],
            row["reason"],
            None if row["net_minor"] is None else Money.of_minor(row["net_minor"], currency),
        )
        for row in rows(session, sql, {"id": customer_id})
    )
