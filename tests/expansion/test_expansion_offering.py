"""What hangs on recommendations: the stage, the facts of offers, and the settings they come from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from expansion.goods import Goods
from regulars.config.sections import Sections
from regulars.lifecycle import LifecycleSettings
from regulars.lifecycle import build as build_lifecycle
from regulars.run.held_out import HeldOut
from regulars.run.offering import offers
from regulars.segments import Report, Segment

AS_OF = "2026-03-15"
RULE = "add_on/type:pot/sku:filter"
READY = Segment("addon_ready", "Ready", "add_on_ready", stage="expansion", promo=True)
DUE = Segment("second_order_due", "Due", "orders_count = 1", stage="retention", promo=True)
PLAIN = Segment("champions", "Champions", "r = 5", stage="expansion")


def shop(goods: Goods) -> None:
    goods.buy("other", "2025-06-01", "filter")
    goods.buy("owner", "2026-01-10", "pot")
    for on in ("2026-01-10", "2026-02-10"):
        goods.buy("twice", on, "tea")


def stages(goods: Goods) -> dict[str, str]:
    goods.night(AS_OF)
    build_lifecycle(goods.shop.session, LifecycleSettings(zone="Europe/London"), date.fromisoformat(AS_OF))
    return dict(goods.shop.all("SELECT customer_id, stage FROM standing WHERE customer_id <> 'other'"))


def test_expansion_is_who_may_be_offered_something(goods: Goods) -> None:
    shop(goods)
    goods.declare("add_on", "type:pot", "sku:filter")
    assert stages(goods) == {"owner": "expansion", "twice": "retention"}


def test_without_a_rule_in_use_two_orders_are_enough(goods: Goods) -> None:
    shop(goods)
    assert stages(goods) == {"owner": "retention", "twice": "expansion"}


def made(
    goods: Goods, *joined: tuple[str, str], held: Sequence[tuple[str, str]] = ()
) -> list[tuple[str, dict[str, Any]]]:
    report = Report({}, {}, joined, (), {})
    return offers(goods.shop.session, (READY, DUE, PLAIN), report, HeldOut(held), date.fromisoformat(AS_OF))


def test_whoever_comes_into_a_promotion_was_offered_something(goods: Goods) -> None:
    shop(goods)
    goods.declare("add_on", "type:pot", "sku:filter")
    goods.night(AS_OF)
    found = made(goods, ("addon_ready", "owner"), ("second_order_due", "owner"), ("champions", "twice"))
    fact = {"on": AS_OF, "held_out": False}
    assert found == [
        ("owner", {"segment": "addon_ready", "rule": RULE, **fact}),
        ("owner", {"segment": "second_order_due", "rule": None, **fact}),
    ]


def test_who_is_held_out_has_the_rule_and_segment_of_the_offer_that_was_not_made(goods: Goods) -> None:
    shop(goods)
    goods.declare("add_on", "type:pot", "sku:filter")
    goods.night(AS_OF)
    ((who, payload),) = made(goods, held=[("addon_ready", "owner")])
    assert (who, payload) == ("owner", {"on": AS_OF, "segment": "addon_ready", "rule": RULE, "held_out": True})
    goods.fact("offer", who, **payload)
    goods.night(AS_OF)
    assert goods.offered() == ["owner"]  # being left alone is no offer


@pytest.mark.parametrize(
    ("products", "message"),
    [
        ({"upsell": [{"from": "collection:classic", "to": "type:Reserve"}]}, "collections are not read"),
        ({"upsell": [{"from": "type:Reserve", "to": "type:reserve"}]}, "to itself"),
        ({"add_ons": [{"product": "type:Filter", "needs": "type:filter"}]}, "needs itself"),
        ({"exclude": ["Filter"]}, "kinds: sku, type, tag, product, title"),
        ({"replenish": [{"product": "type:Food", "after": "soon"}]}, "expected a duration"),
    ],
)
def test_a_wrong_setting_says_what_to_write(products: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Sections.model_validate({"products": products})
