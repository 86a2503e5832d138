"""A thousand planted people: exactly those members and those values stand on both platforms in the end.

What is expected is worked out here from the planted purchases, in plain Python and Decimal.
"""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from regulars.apply import apply_plan
from regulars.run.desk import desk
from regulars.testing import World, WorldLine, WorldOrder, WorldPerson, WorldProduct, WorldRefund
from stage import Stage

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = NOW.date()
SEGMENTS = {
    "spent_a_hundred": "net_sales >= 100",
    "quiet_and_reachable": "days_since(last_order_on) > 150 AND email_consent = 'yes'",
    "bought_twice_or_more": "orders_count >= 2",
}
CRM = {"orders_count": "regulars_orders", "net_sales": "regulars_spent", "last_order_on": "regulars_last_order_on"}
MAIL = {"orders_count": "RG_ORDERS", "net_sales": "RG_SPENT", "last_order_on": "RG_LAST"}


def planted() -> World:
    dice = random.Random(2026)
    world = World("Golden", "EUR", "UTC", "IE", products=[WorldProduct("TEA", "Tea", "Tea")])
    for n in range(1000):
        on = ("shop", *(role for role in ("crm", "mail") if dice.random() < 0.9))
        consent = dice.choice(("subscribed", "subscribed", "subscribed", "unsubscribed"))
        person = WorldPerson(f"p{n}", f"p{n}@example.test", "P", str(n), "IE", on=on, consent=consent)
        person.created_at = NOW - timedelta(days=600)
        world.people.append(person)
        for k in range(dice.choice((0, 1, 1, 2, 3, 5))):
            at = NOW - timedelta(days=dice.randrange(1, 500), hours=dice.randrange(24))
            lines = [WorldLine("TEA", dice.randrange(1, 4), f"{dice.randrange(500, 6000) / 100:.2f}")]
            order = WorldOrder(f"o{n}-{k}", person.key, at, lines)
            if dice.random() < 0.1:
                one = Decimal(lines[0].price)
                order.refunds.append(WorldRefund(at + timedelta(hours=6), ((0, 1),), str(one)))
            if dice.random() < 0.05:
                order.cancelled_at = at + timedelta(hours=1)
                order.refunds = []
            world.orders.append(order)
    # A shop that sold nothing today would be held for stale.
    world.orders.append(WorldOrder("fresh", "p0", NOW - timedelta(hours=1), [WorldLine("TEA", 1, "9.99")]))
    return world


def truth(world: World):
    """Per person with a purchase: number of orders, net sales, last order's day."""
    found: dict[str, dict] = {}
    for order in world.orders:
        if order.cancelled_at or order.person is None:
            continue
        mine = found.setdefault(order.person, {"orders_count": 0, "net_sales": Decimal(0), "last_order_on": ""})
        mine["orders_count"] += 1
        mine["net_sales"] += sum(Decimal(line.price) * line.quantity for line in order.lines)
        mine["net_sales"] -= sum(Decimal(refund.amount) for refund in order.refunds)
        mine["last_order_on"] = max(mine["last_order_on"], order.at.date().isoformat())
    return found


def members(world: World, values):
    """Segment -> the keys of the people in it."""
    open_to_mail = {p.key for p in world.people if p.consent == "subscribed"}
    quiet = {
        k for k, v in values.items() if (TODAY - datetime.fromisoformat(v["last_order_on"]).date()).days > 150
    }
    return {
        "spent_a_hundred": {k for k, v in values.items() if v["net_sales"] >= 100},
        "quiet_and_reachable": quiet & open_to_mail,
        "bought_twice_or_more": {k for k, v in values.items() if v["orders_count"] >= 2},
    }


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with Stage(tmp_path_factory.mktemp("golden") / "ws", planted(), NOW, roles=("shop", "crm", "mail")) as stage:
        _own_rules(stage)
        stage.forward(minutes=10)
        assert stage.night().state == "ok"
        with desk(stage.client(), stage.plugins) as at:
            plan = at.journal.rows("SELECT id FROM plan WHERE state = 'open'")[0][0]
            apply_plan(at.client, at.journal, at.lease, plan, at.connections)
        stage.forward(minutes=1)
        yield stage


def _own_rules(stage):
    rule = '[{0}]\ntitle = "{0}"\nstage = "retention"\nwhen = "{1}"'
    rules = "\n".join(rule.format(name, when) for name, when in SEGMENTS.items())
    (stage.root / "segments" / "common.toml").write_text(f"schema = 1\n{rules}\n")
    file = stage.root / "clients" / "acme.toml"
    lines = file.read_text().split("[[map]]")[0].splitlines()
    lines = [f"use = {list(SEGMENTS)!r}" if line.startswith("use = ") else line for line in lines]
    kinds = {"last_order_on": "date"}
    for role, fields in (("crm", CRM), ("mail", MAIL)):
        for column, field in fields.items():
            kind = kinds.get(column, "number")
            lines.append(f'[[map]]\nto = "{role}"\nfrom = "{column}"\nfield = "{field}"\ntype = "{kind}"')
        prefix = stage.connector[role].writes.list_prefix
        lines.append(f'[[map]]\nto = "{role}"\nfrom = "segments"\nfield = "{prefix}{{segment}}"')
    file.write_text("\n".join(lines) + "\n")


def held(stage, role):
    """Address -> what the platform holds of ours, asked as a destination would."""
    connector = stage.connector[role]
    fields = list((CRM if role == "crm" else MAIL).values())
    lists = [f"{connector.writes.list_prefix}{name}" for name in SEGMENTS]
    with stage.connections() as connections:
        connection = connections.get(role)
        source, ids = connection.source(), {}
        for stream in source.streams():
            for page in source.pages(stream, None):
                ids |= {row["email"]: row["id"] for row in page.rows.get("person", ())}
        found = connection.destination().held(list(ids.values()), fields, lists)
    return {email: found[at] for email, at in ids.items()}


def _same(column, text, value):
    if column == "last_order_on":
        return (text or None) == value
    return Decimal(text or 0) == (value or 0)


@pytest.mark.parametrize("role", ["crm", "mail"])
def test_every_planted_person_holds_exactly_the_values_that_follow_from_the_purchases(stage, role):
    values, fields = truth(stage.world), CRM if role == "crm" else MAIL
    there = held(stage, role)
    expected = {p.email: p.key for p in stage.world.people if role in p.on}
    assert set(there) == set(expected)
    wrong = [
        (email, column, there[email].fields[field], values.get(key, {}).get(column))
        for email, key in expected.items()
        for column, field in fields.items()
        if not _same(column, there[email].fields[field], values.get(key, {}).get(column))
    ]
    assert wrong == []


@pytest.mark.parametrize("role", ["crm", "mail"])
def test_every_list_has_exactly_the_planted_members(stage, role):
    prefix, there = stage.connector[role].writes.list_prefix, held(stage, role)
    on_platform = {p.key: p.email for p in stage.world.people if role in p.on}
    for name, keys in members(stage.world, truth(stage.world)).items():
        expected = {on_platform[key] for key in keys if key in on_platform}
        if role == "mail":  # a list there is an audience to write to: who opted out is never handed over
            expected &= {person.email for person in stage.world.people if person.consent == "subscribed"}
        assert len(expected) > 20
        assert {email for email, held in there.items() if f"{prefix}{name}" in held.lists} == expected, name


def test_the_next_plan_is_empty(stage):
    stage.forward(minutes=5)
    assert stage.night().plan_changes == 0
