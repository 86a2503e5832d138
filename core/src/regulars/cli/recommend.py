"""regulars recommend."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from regulars.cli.call import Call, dated, pass_call, shared, table

if TYPE_CHECKING:
    from regulars.config import Client
    from regulars.warehouse import Session


@shared
@dated
@click.command("recommend")
@click.argument("client_id", metavar="CLIENT")
@click.option("--accept", metavar="RULE", help="Use a proposed rule, or one that was rejected or switched off.")
@click.option("--reject", metavar="RULE", help="Do not use a rule.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="So many proposals.")
@pass_call
def command(call: Call, client_id: str, accept: str | None, reject: str | None, limit: int) -> None:
    """What may be offered to whom: rules with their evidence, what they may bring, and whether offers do harm.

    Pairs are counted, not predicted: bought together. They are used once somebody accepts them.
    """
    from regulars.errors import ConfigError
    from regulars.warehouse import Warehouse

    if accept and reject:
        raise ConfigError("one decision at a time", hint="Give --accept or --reject")
    if call.as_of and (accept or reject):
        raise ConfigError("a past day cannot be decided about", hint="Leave --as-of away")
    client = call.client(client_id)
    with Warehouse(client.data_dir).published() as session:
        if not session.has("expansion_basis"):
            raise ConfigError(f"nothing was measured yet of {client.id}", hint=f"Run: regulars run {client.id}")
        if accept or reject:
            rule_id = accept or reject or ""
            evidence = _rule(session, rule_id, client.id)
        else:
            data = _data(session, client)
            call.show(data, _lines(data, client, limit))
            return
    _decide(call, client, rule_id, "accept" if accept else "reject", evidence)


def _rule(session: Session, rule_id: str, client_id: str) -> dict[str, Any]:
    from regulars.config import nearest
    from regulars.errors import ConfigError

    sql = "SELECT * FROM recommendation_rule ORDER BY rule_id"
    rules = {row["rule_id"]: row for row in session.table(sql).to_pylist()}
    if rule_id not in rules:
        none = "None is known: declare upsell or add_ons in [products], or wait until a night finds a pair"
        raise ConfigError(f"no rule {rule_id!r}", where=client_id, hint=nearest(rule_id, rules, none))
    return dict(rules[rule_id])


def _decide(call: Call, client: Client, rule_id: str, decision: str, evidence: dict[str, Any]) -> None:
    from regulars import expansion
    from regulars.run.desk import desk

    kept = ("kind", "state", "sku", "from_people", "then_people", "confidence", "lift", "lift_low")
    with desk(client, call.plugins, "recommend") as at:
        past = expansion.Decisions.of(at.journal.facts(expansion.DECISION))
        fact = expansion.decide(past, rule_id, decision, at.today, {name: evidence[name] for name in kept})
        with at.journal.tx(at.lease) as tx:
            at.journal.add_facts(tx, expansion.DECISION, [(rule_id, fact)])
    call.show({"rule": rule_id, **fact}, f"{decision}ed {rule_id} (version {fact['version']})")
    call.say(f"it counts from the next run on. Next: regulars run {client.id}")


def _data(session: Session, client: Client) -> dict[str, Any]:
    from dataclasses import fields

    from regulars.expansion.opportunity import Opportunity, opportunities

    goal = client.config.expansion.goal
    names = [each.name for each in fields(Opportunity)]
    return {
        "client": client.id,
        "goal": goal,
        "basis": session.table("SELECT * FROM expansion_basis").to_pylist()[0],
        "currency": session.query("SELECT currency FROM metric_basis")[0][0],
        "opportunities": [{name: getattr(line, name) for name in names} for line in opportunities(session, goal)],
        "people": session.query("SELECT count(DISTINCT customer_id) FROM admissible")[0][0],
        "rules": session.table(
            "SELECT * FROM recommendation_rule ORDER BY in_use DESC, coalesce(lift_low, 0) DESC, rule_id"
        ).to_pylist(),
        "split": _split(session),
        "meter": session.table("SELECT * FROM offer_month ORDER BY month DESC, rule_id").to_pylist(),
        "switched_off": session.table("SELECT * FROM rule_off ORDER BY rule_id").to_pylist(),
        "service_hold": dict(session.query("SELECT reason, count(*) FROM service_hold GROUP BY 1 ORDER BY 1")),
    }


def _split(session: Session) -> dict[str, Any]:
    """The split with the earlier of its two years, and the first order known; None where two years are not."""
    from datetime import timedelta

    split: dict[str, Any] = session.table("SELECT * FROM expansion_split").to_pylist()[0]
    begins = split["starts_on"]
    split["before_starts_on"], split["before_ends_on"] = begins - timedelta(days=365), begins - timedelta(days=1)
    return split | {"known_from": session.query("SELECT min(first_order_on) FROM first_order")[0][0]}


def _lines(data: dict[str, Any], client: Client, limit: int) -> Iterator[str]:
    basis = data["basis"]
    yield f"{client.config.name}: what may be offered, as of {basis['as_of']}"
    yield ""
    yield from _opportunity_lines(data)
    yield ""
    yield from _declared_lines(data)
    yield from _pair_lines(data, limit)
    yield ""
    yield from _split_lines(data)
    yield ""
    yield from _meter_lines(data)
    yield from _basis_lines(data)
    if any(rule["state"] == "proposed" for rule in data["rules"]):
        yield ""
        yield f"Next: regulars recommend {client.id} --accept RULE"


def _opportunity_lines(data: dict[str, Any]) -> Iterator[str]:
    found = data["opportunities"]
    if not found:
        yield "no rule is in use: declare upsell or add_ons in [products], or accept a pair"
        return
    margin = found[0]["margin_pct"]
    worth = "sales, if bought as before" if margin is None else f"margin at {margin:g} %"
    yield f"opportunities, by {data['goal']}: {data['people']:,} people may be offered something"
    rows = [
        (x["rule_id"], x["title"], x["people"], x["reachable"], f"{100 * x['share']:.0f} %", f"{x['orders']:,.1f}",
         str(x["worth"]))
        for x in found
    ]  # fmt: skip
    head = ("rule", "product", "people", "reachable", "bought it", "orders", worth)
    yield from (f"  {line}" for line in table(rows, head))
    if margin is None:
        yield "  margin: not measured, [expansion] margin_pct is not set"


def _declared_lines(data: dict[str, Any]) -> Iterator[str]:
    rows = [
        (x["rule_id"], x["state"], x["from_people"], x["then_people"], _returns(x, "from"), _returns(x, "to"))
        for x in data["rules"]
        if x["kind"] != "pair"
    ]
    if rows:
        head = ("declared rule", "state", "owners", "bought it", "returned: base", "returned: offered")
        yield from (f"  {line}" for line in table(rows, head))
        yield ""


def _returns(rule: dict[str, Any], side: str) -> str:
    sold, back = rule[f"{side}_sold"], rule[f"{side}_returned"]
    return f"{back:,} of {sold:,} ({100 * back / sold:.1f} %)" if sold else "none sold"


def _pair_lines(data: dict[str, Any], limit: int) -> Iterator[str]:
    pairs = [rule for rule in data["rules"] if rule["kind"] == "pair"]
    pairs.sort(key=lambda rule: (-rule["lift_low"], rule["rule_id"]))
    if not pairs:
        yield "bought together: no pair stands out beyond chance"
        return
    yield "bought together, by the lower end of lift's 95 % interval"
    rows = [
        (x["rule_id"], x["state"], f"{x['from_label']} > {x['to_label']}", x["from_people"], x["then_people"],
         f"{100 * x['confidence']:.0f} %", f"{x['lift']:.2f}", f"{x['lift_low']:.2f}")
        for x in pairs[:limit]
    ]  # fmt: skip
    head = ("rule", "state", "first > then", "bought first", "then", "share", "lift", "at least")
    yield from (f"  {line}" for line in table(rows, head))
    if len(pairs) > limit:
        yield f"  and {len(pairs) - limit:,} more: --limit"


def _split_lines(data: dict[str, Any]) -> Iterator[str]:
    from regulars.money import Money

    split, currency = data["split"], data["currency"]
    none = "spend of the same customers: not defined"
    if split["customers"] is None:
        first = (
            f"the first order known is of {split['known_from']}" if split["known_from"] else "no order is known"
        )
        yield f"{none}, {first}; it takes two years of orders, from {split['before_starts_on']}"
        return
    if not split["customers"]:
        yield f"{none}, nobody ordered in the year before"
        return

    def money(name: str) -> str:
        minor = split[name]
        return "no upsell step is declared" if minor is None else str(Money.of_minor(minor, currency))

    stopped = f"no longer ordered ({split['stopped']:,} people)"
    before, now = (f"{split[f'{of}starts_on']} to {split[f'{of}ends_on']}" for of in ("before_", ""))
    yield f"spend of the {split['customers']:,} customers of the year before, {before}, then and this year, {now}"
    yield from (
        f"  {label:<38}{money(name):>20}"
        for label, name in (
            ("the year before", "before_minor"),
            (stopped, "stopped_minor"),
            ("more orders, at the old average", "more_orders_minor"),
            ("bigger orders", "bigger_orders_minor"),
            ("of a higher tier (declared steps)", "premium_minor"),
            ("this year", "now_minor"),
        )
    )


def _meter_lines(data: dict[str, Any]) -> Iterator[str]:
    if not data["meter"]:
        yield "cash-grab meter: not measured, no offer was made yet"
        return
    yield "cash-grab meter: unsubscribes, complaints and refunds 14 days before and after an offer"
    rows = [
        (f"{x['month']:%Y-%m}", x["rule_id"], x["offers"], x["orders"], x["harm_before"], x["harm_after"],
         f"{x['held_out_harm']:,} of {x['held_out']:,}" if x["held_out"] else "not measured", _verdict(x))
        for x in data["meter"]
    ]  # fmt: skip
    head = ("month", "rule", "offers", "orders in 30 d", "before", "after", "held out", "")
    yield from (f"  {line}" for line in table(rows, head))
    for rule in data["switched_off"]:
        yield f"  switched off: {rule['rule_id']}, {rule['bad_months']} bad months; --accept takes it up again"


def _verdict(month: dict[str, Any]) -> str:
    if not month["ripe"]:
        return "too early"
    return "bad" if month["bad"] else "well"


def _basis_lines(data: dict[str, Any]) -> Iterator[str]:
    basis = data["basis"]
    yield ""
    yield (
        f"from {basis['orders']:,} orders of all time ({basis['orders_delivered']:,} known to be delivered), "
        f"{basis['products']:,} products ({basis['products_left_out']:,} left out), "
        f"{basis['people']:,} buyers since {basis['starts_on']}"
    )
    yield (
        f"pairs: {basis['pairs_tried']:,} tried, {basis['pairs_found']:,} found; not counted: "
        f"{basis['people_left_out']:,} people with more than {basis['most_products']} products"
    )
    if data["service_hold"]:
        held = ", ".join(f"{reason} {count:,}" for reason, count in data["service_hold"].items())
        yield f"service first, kept out of every promotion: {held}"
