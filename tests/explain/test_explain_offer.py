"""Why somebody is offered something, or what holds it back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from expansion.goods import Goods
from metrics.shop import Shop, noon
from regulars.explain.offer import offer_reasons
from regulars.explain.rules import Reason


@pytest.fixture
def goods() -> Iterator[Goods]:
    with Shop.opened() as shop:
        yield Goods(shop)


def explained(goods: Goods, as_of: str, who: str = "ann") -> Reason:
    goods.night(date.fromisoformat(as_of))
    (found,) = offer_reasons(goods.shop.session, who)
    return found


def filters_for_pots(goods: Goods) -> str:
    """A declared add-on; one of two owners of a pot bought it later."""
    goods.buy("other", "2025-06-01", "pot")
    goods.buy("other", "2025-07-01", "filter")
    return goods.declare("add_on", "type:pot", "sku:filter")


def test_a_recommendation_tells_its_rule_and_evidence(goods: Goods) -> None:
    rule = filters_for_pots(goods)
    goods.buy("ann", "2026-01-01", "pot")
    found = explained(goods, "2026-02-01")
    assert found.value == "Filter (filter)"
    assert found.rule == (
        "they own what it starts from (type:pot leads to sku:filter, as declared), and nothing holds it back"
    )
    assert found.facts == {"rule": rule, "evidence": "1 of 2 who bought the first bought this later"}


def test_what_holds_a_rule_back_is_named(goods: Goods) -> None:
    rule = filters_for_pots(goods)
    order = goods.buy("ann", "2026-01-01", "pot", "cup")
    waiting = explained(goods, "2026-01-10")
    assert (waiting.value, waiting.rule) == ("nothing", "every rule that fits is held back")
    assert waiting.facts == {f"held back {rule}": "an order is on its way or was delivered in the last 14 days"}
    assert explained(goods, "2026-01-10", "other").facts == {f"held back {rule}": "bought already"}
    goods.give_back(order, "cup", "2026-01-20")
    refunded = explained(goods, "2026-02-01")
    assert refunded.rule == "service goes before the sale"
    assert refunded.facts == {f"held back {rule}": "service first", "service first, refund": "since 2026-01-20"}


def test_another_offer_that_runs_is_named_with_its_day(goods: Goods) -> None:
    rule = filters_for_pots(goods)
    goods.buy("ann", "2025-12-01", "pot")
    goods.fact("offer", "ann", on="2026-01-05", segment="winback_due", rule=None, held_out=False)
    found = explained(goods, "2026-01-20")
    assert found.facts == {
        f"held back {rule}": "another offer within 30 days",
        "last offer on": noon("2026-01-05").date(),
    }


def test_without_rules_nothing_is_held_back(goods: Goods) -> None:
    goods.buy("ann", "2026-01-01", "pot")
    found = explained(goods, "2026-02-01")
    assert (found.value, found.rule, found.facts) == ("nothing", "no rule is in use", {})
