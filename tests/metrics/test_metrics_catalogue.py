"""Reach, and the catalogue that rules and maps read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from metrics.shop import Shop, noon
from regulars.expansion import ExpansionSettings
from regulars.expansion import build as build_expansion
from regulars.lifecycle import LifecycleSettings
from regulars.lifecycle import build as build_lifecycle
from regulars.metrics import build_catalogue, build_reach
from regulars.segments.columns import COLUMNS

AS_OF = "2026-04-01"


def table(shop: Shop, name: str, columns: str, rows: list[tuple[str, ...]]) -> None:
    names = columns.split()
    arrays = [pa.array([row[n] for row in rows], pa.string()) for n in range(len(names))]
    shop.session.load(name, pa.table(dict(zip(names, arrays, strict=True))))


def finish(shop: Shop, verdicts: list[tuple[str, ...]] = [], deliverable: list[tuple[str, ...]] = []) -> None:  # noqa: B006
    shop.build(AS_OF)
    shop.predict(AS_OF)
    table(shop, "verdict", "customer_id channel verdict", verdicts)
    table(shop, "deliverable", "customer_id state", deliverable)
    build_expansion(shop.session, ExpansionSettings(zone="Europe/London"), date.fromisoformat(AS_OF))
    build_lifecycle(shop.session, LifecycleSettings(zone="Europe/London"), date.fromisoformat(AS_OF))
    build_reach(shop.session)
    build_catalogue(shop.session, shop.settings, date.fromisoformat(AS_OF))


def of(shop: Shop, name: str) -> dict[str, Any]:
    found = shop.session.table(f"SELECT * FROM catalogue WHERE customer_id = '{name}'").to_pylist()
    assert len(found) == 1
    return found[0]


def test_the_catalogue_has_the_columns_that_rules_know_one_row_per_customer(shop: Shop) -> None:
    shop.order("ann", "2026-03-01")
    shop.person("bob")
    finish(shop)
    assert set(of(shop, "ann")) == set(COLUMNS)
    assert shop.one("SELECT count(*) FROM catalogue") == 2


@pytest.mark.parametrize(("currency", "text"), [("GBP", "12.34"), ("JPY", "1234"), ("KWD", "1.234")])
def test_money_is_decimal_in_the_clients_currency(shop: Shop, currency: str, text: str) -> None:
    shop.set(currency=currency)
    shop.order("ann", "2026-03-01", goods=1234)
    finish(shop)
    assert str(of(shop, "ann")["net_sales"]) == str(of(shop, "ann")["average_order"]) == text


def test_what_is_not_mapped_or_not_visible_is_null_and_never_no(shop: Shop) -> None:
    shop.order("ann", "2026-03-01")
    finish(shop)
    row = of(shop, "ann")
    assert [row[name] for name in ("open_ticket", "loyalty_member", "referrer", "review_score")] == [None] * 4
    assert [row[name] for name in ("reach_phone", "reach_post", "last_status")] == [None] * 3


def test_a_mapped_signal_is_false_for_those_whom_the_platform_knows_without_it(shop: Shop) -> None:
    shop.set(signals=frozenset({("open_ticket", "shop"), ("loyalty_member", "elsewhere")}))
    for name in ("ann", "bob"):
        shop.order(name, "2026-03-01")
    shop.add("signal", person_id="ann", kind="open_ticket", value=None, at=noon("2026-03-02"))
    shop.add("signal", person_id="ann", kind="review_score", value="4.5", at=noon("2026-03-02"))
    finish(shop)
    ann, bob = of(shop, "ann"), of(shop, "bob")
    assert (ann["open_ticket"], bob["open_ticket"]) == (True, False)
    assert (ann["loyalty_member"], ann["review_score"], bob["review_score"]) == (None, 4.5, None)


@pytest.mark.parametrize(
    ("value", "later", "is_open"),
    [("true", "false", True), ("false", "true", True), ("closed", "solved", False), ("true", "solved", True)],
)
def test_a_ticket_is_open_exactly_where_it_keeps_its_person_out_of_promotions(
    shop: Shop, value: str, later: str, is_open: bool
) -> None:
    shop.order("ann", "2026-03-01")
    shop.person("ann2")
    shop.same("ann", "ann2")
    shop.add("signal", person_id="ann", kind="open_ticket", value=value, at=noon("2026-03-02"))
    shop.add("signal", person_id="ann2", kind="open_ticket", value=later, at=noon("2026-03-03"))
    finish(shop)
    assert (of(shop, "ann")["open_ticket"], of(shop, "ann")["service_hold"]) == (is_open, is_open)


def test_a_prospect_has_no_numbers_that_only_buyers_have(shop: Shop) -> None:
    shop.person("ann")
    finish(shop)
    row = of(shop, "ann")
    assert (row["is_customer"], row["orders_count"], row["net_sales"]) == (False, 0, Decimal("0.00"))
    assert [row[name] for name in ("average_order", "r", "fm", "clv_simple", "days_since_last")] == [None] * 5
    assert (row["state"], row["email_consent"], row["email_deliverable"]) == ("prospect", "no", "unknown")


def test_the_last_orders_parcels_and_what_is_still_owned(shop: Shop) -> None:
    old = shop.order("ann", "2026-02-01")
    new = shop.order("ann", "2026-03-01", tags=["gift"])
    shop.add("fulfilment", order_id=old, delivered_at=noon("2026-02-03"))
    shop.add("fulfilment", order_id=new, delivered_at=noon("2026-03-03"))
    shop.add("fulfilment", order_id=new, status="in_transit")
    for order, sku, left in ((old, "pot", 1), (new, "cup", 2), (new, "lid", 0)):
        shop.add("line", order_id=order, sku=sku, quantity=2, current_quantity=left)
    finish(shop)
    assert (of(shop, "ann")["last_status"], of(shop, "ann")["skus"]) == ("in_transit", ["cup", "pot"])


def test_reach_needs_consent_and_a_live_address_and_is_told_by_count_and_by_value(shop: Shop) -> None:
    worth = {"ann": 6000, "bob": 3000, "cat": 1000}
    shop.person("bob", phone="+44 20 7946 0000")
    for name in worth:
        shop.order(name, "2026-03-01")
    shop.person("dan")
    verdicts = [("ann", "email", "yes"), ("bob", "email", "yes"), ("cat", "email", "no"), ("bob", "sms", "yes")]
    finish(shop, verdicts, [("ann", "yes"), ("bob", "no"), ("cat", "yes")])
    for name, minor in worth.items():
        shop.session.run(f"UPDATE customer_clv SET clv_12m_minor = {minor} WHERE customer_id = '{name}'")
    build_reach(shop.session)
    reach = {
        row[0]: row[1:]
        for row in shop.all("SELECT channel, customers, share, value_minor, value_share FROM reach")
    }
    assert reach == {
        "email": (1, 0.25, 6000, 0.6),
        "phone": (1, 0.25, 3000, 0.3),
        "any": (2, 0.5, 9000, 0.9),
        "none": (2, 0.5, 1000, 0.1),
    }
    assert (of(shop, "bob")["reach_email"], of(shop, "bob")["reach_phone"]) == (False, True)
    assert of(shop, "cat")["reach_phone"] is False
