"""From the platform's total to our basis, line by line, to the penny."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from metrics.shop import Shop, noon
from regulars.errors import ConfigError, RegularsError
from regulars.metrics import FxRate, Span
from regulars.reconcile import Reconciliation, Side, read, reconcile

MARCH = Span(date(2026, 3, 1), date(2026, 3, 31))


def of(shop: Shop, span: Span = MARCH, by: str = "month") -> Reconciliation:
    return reconcile(read(shop.session, span), by=by)


def lines(found: Reconciliation) -> dict[str, tuple[int, int]]:
    """Key -> (minor, records) of the lines that say something."""
    return {s.key: (s.minor, s.records) for s in found.total.bridge.steps if s.minor or s.records}


def test_a_plain_month_is_its_own_basis(shop: Shop) -> None:
    shop.order("ann", "2026-03-01", 900, discount_minor=100)
    shop.order("bob", "2026-02-28")
    shop.build("2026-04-10")
    found = of(shop)
    (head,) = found.total.heads
    assert head.platform == head.ours == Side(orders=1, goods=900, discount=100, returned=0)
    assert head.platform.lines()[0] == ("gross sales", 1000)
    assert (found.total.bridge.start, lines(found), found.total.bridge.basis) == (900, {}, 900)
    assert (found.agrees, found.exit_code) == (True, 0)


def test_each_kind_of_order_has_its_own_line(shop: Shop) -> None:
    shop.set(rates=(FxRate("EUR", date(2026, 1, 1), Decimal("0.80")),))
    shop.order("ann", "2026-03-01", 10_000)
    shop.order("ann", "2026-03-02", 1, test=True)
    shop.order("ann", "2026-03-03", 20, cancelled_at=noon("2026-03-04"))
    shop.order("tea bar", "2026-03-04", 300, tags=["wholesale"])
    shop.order("bob", "2026-03-05", 4000, currency="EUR")
    shop.order(None, "2026-03-06", 50)
    shop.order("eve", "2026-03-07", 0)
    shop.build("2026-04-10")
    found = of(shop)
    assert lines(found) == {
        "foreign_EUR": (3200, 1),
        "test": (-1, 1),
        "cancelled": (-20, 1),
        "wholesale": (-300, 1),
        "empty": (0, 1),
        "guests": (-50, 1),
    }
    assert found.total.bridge.start == 10_371
    assert found.total.bridge.basis == found.total.bridge.measured == 13_200


@pytest.mark.parametrize(
    ("mode", "step", "basis"), [("order", {"refunds_moved": (-300, 2)}, 500), ("refund", {}, 800)]
)
def test_refunds_count_in_the_month_that_the_file_says(
    shop: Shop, mode: str, step: dict[str, tuple[int, int]], basis: int
) -> None:
    shop.set(refund_date=mode)
    february = shop.order("ann", "2026-02-20")
    march = shop.order("bob", "2026-03-10")
    shop.refund(february, "2026-03-02", 200)
    shop.refund(march, "2026-04-02", 500)
    shop.build("2026-04-10")
    found = of(shop)
    assert found.total.heads[0].platform == Side(orders=1, goods=1000, returned=200)
    assert (lines(found), found.total.bridge.basis) == (step, basis)
    assert found.agrees


def test_tax_and_shipping_are_lines_of_their_own(shop: Shop) -> None:
    order = shop.order(
        "ann", "2026-03-01", 1200, goods_tax_minor=200, shipping_minor=600, tax_minor=300, total_minor=1800
    )
    shop.refund(order, "2026-03-05", 600, goods_tax_minor=100)
    shop.build("2026-04-10")
    assert lines(of(shop)) == {"tax": (-100, 1)}
    shop.set(shipping="include")
    shop.build("2026-04-10")
    assert lines(of(shop)) == {"tax": (-100, 1), "shipping": (500, 1)}
    shop.set(tax="include")
    shop.build("2026-04-10")
    found = of(shop)
    assert lines(found) == {"shipping": (600, 1)}
    assert found.total.bridge.basis == found.total.bridge.measured == 1200


def test_an_order_without_a_rate_is_named_and_fails_the_check_while_the_rest_agrees(shop: Shop) -> None:
    shop.order("ann", "2026-03-01")
    shop.order("ann", "2026-03-07", 500, currency="EUR")
    shop.build("2026-04-10")
    found = of(shop)
    (missing,) = found.books.unrated
    assert (missing.currency, missing.orders, missing.first_on) == ("EUR", 1, date(2026, 3, 7))
    assert [head.currency for head in found.total.heads] == ["EUR", "GBP"]
    assert found.total.bridge.basis == 1000
    assert (found.agrees, found.exit_code) == (True, 9)


def test_days_and_months_add_up_to_the_span(shop: Shop) -> None:
    shop.order("ann", "2026-01-31")
    shop.order("ann", "2026-02-01", 500)
    shop.order("ann", "2026-03-15", 70)
    shop.build("2026-04-10")
    quarter = Span(date(2026, 1, 15), date(2026, 3, 20))
    months = of(shop, quarter)
    assert [str(part.span) for part in months.parts] == [
        "2026-01-15 to 2026-01-31",
        "2026-02-01 to 2026-02-28",
        "2026-03-01 to 2026-03-20",
    ]
    assert [part.bridge.basis for part in months.parts] == [1000, 500, 70]
    days = of(shop, quarter, by="day")
    assert len(days.parts) == quarter.days
    assert sum(part.bridge.basis for part in days.parts) == days.total.bridge.basis == 1570


def test_what_was_measured_wrongly_is_found_on_its_day(shop: Shop) -> None:
    shop.order("ann", "2026-03-01")
    shop.order("ann", "2026-03-02")
    shop.build("2026-04-10")
    shop.session.run("UPDATE customer_day SET net_minor = net_minor + 2 WHERE ordered_on = DATE '2026-03-02'")
    found = of(shop, by="day")
    assert [part.span.starts_on for part in found.parts if not part.agrees] == [date(2026, 3, 2)]
    assert (found.total.bridge.diff, found.exit_code) == (2, 9)
    shop.session.run("UPDATE customer_day SET net_minor = net_minor - 1 WHERE ordered_on = DATE '2026-03-02'")
    assert of(shop).agrees, "a penny is no difference"


def test_an_order_that_measuring_lost_is_found(shop: Shop) -> None:
    shop.order("ann", "2026-03-01")
    gone = shop.order("ann", "2026-03-02", 300)
    shop.build("2026-04-10")
    shop.session.run("DELETE FROM sale WHERE order_id = $order", {"order": gone})
    found = of(shop)
    assert found.total.heads[0].diff == Side(orders=1, goods=300)
    assert lines(found)["missing"] == (-300, 1)
    assert found.exit_code == 9


def test_a_span_ends_where_the_measuring_ends(shop: Shop) -> None:
    shop.order("ann", "2026-03-01")
    shop.build("2026-03-10")
    assert of(shop).books.span == Span(date(2026, 3, 1), date(2026, 3, 10))
    assert reconcile(read(shop.session, None)).books.span == Span(date(2026, 2, 1), date(2026, 2, 28))
    with pytest.raises(ConfigError, match="has not been measured"):
        of(shop, Span(date(2026, 4, 1), date(2026, 4, 30)))


def test_without_a_night_there_is_nothing_to_reconcile(shop: Shop) -> None:
    with pytest.raises(RegularsError, match="nothing was measured"):
        of(shop)


# --- identities on random shops ----------------------------------------------------------------------


def random_shop(shop: Shop, dice: Random) -> None:
    """Every kind of order, given back in parts and later months, in two currencies, edited by extra refunds."""
    currency, foreign = dice.choice([("GBP", "EUR"), ("JPY", "USD"), ("KWD", "EUR"), ("EUR", "CLP")])
    rates = [FxRate(foreign, date(2026, dice.randint(1, 3), 10), Decimal(f"0.{dice.randint(1, 99999):05d}"))]
    shop.set(
        currency=currency,
        rates=(*rates, FxRate(foreign, date(2026, 3, 20), Decimal("1.2345"))),
        refund_date=dice.choice(["order", "refund"]),
        tax=dice.choice(["exclude", "include"]),
        shipping=dice.choice(["exclude", "include"]),
        exclude_test=dice.random() < 0.8,
        exclude_cancelled=dice.random() < 0.8,
        zone=dice.choice(["Europe/London", "America/Chicago", "Asia/Tokyo"]),
    )
    for _ in range(dice.randint(1, 40)):
        random_order(shop, dice, dice.choice([currency, currency, currency, foreign]))


def random_order(shop: Shop, dice: Random, currency: str) -> None:
    goods = dice.choice([0, dice.randint(1, 99_999)])
    inside = dice.random() < 0.5
    tax, shipping = dice.randint(0, goods // 5), dice.choice([0, dice.randint(1, 999)])
    sent_tax = shipping // 6
    at = noon("2026-01-01") + timedelta(minutes=dice.randint(0, 60 * 24 * 100))
    order = shop.order(
        dice.choice(["ann", "bob", "cat", None]),
        at,
        goods,
        currency=currency,
        discount_minor=dice.choice([0, dice.randint(1, 500)]),
        goods_tax_minor=tax if inside else 0,
        shipping_minor=shipping,
        tax_minor=tax + sent_tax,
        total_minor=goods + shipping + (0 if inside else tax + sent_tax),
        test=dice.random() < 0.05,
        cancelled_at=at + timedelta(days=2) if dice.random() < 0.1 else None,
        tags=["wholesale"] if dice.random() < 0.1 else [],
    )
    left, tax_left = goods, tax if inside else 0
    for _ in range(dice.choice([0, 0, 1, 1, 3])):
        back = dice.randint(0, left)
        tax_back = min(tax_left, dice.randint(0, back))
        left, tax_left = left - back, tax_left - tax_back
        when = (at + timedelta(days=dice.randint(0, 60))).date().isoformat()
        paid = back + dice.choice([0, dice.randint(0, 400)])
        mixed = dice.random() < 0.03
        shop.refund(
            order, when, back, goods_tax_minor=tax_back, total_minor=paid, currency="USD" if mixed else currency
        )


@pytest.mark.parametrize("seed", range(40))
def test_the_lines_add_up_to_what_was_measured_on_any_shop_and_any_span(shop: Shop, seed: int) -> None:
    dice = Random(seed)
    random_shop(shop, dice)
    shop.build("2026-04-05")
    start = date(2026, 1, 1) + timedelta(days=dice.randint(0, 80))
    found = of(shop, Span(start, start + timedelta(days=dice.randint(0, 60))), by="day")
    assert found.agrees
    assert found.total.bridge.diff == 0
    assert found.total.bridge.start == sum(
        head.platform.net for head in found.total.heads if head.currency == found.books.manner.currency
    )
    assert sum(part.bridge.basis for part in found.parts) == found.total.bridge.basis


@pytest.mark.parametrize("seed", range(40, 50))
def test_the_basis_of_all_days_is_the_sum_of_all_months_known_customers(shop: Shop, seed: int) -> None:
    random_shop(shop, Random(seed))
    shop.build("2026-04-05")
    found = of(shop, Span(date(2025, 12, 1), date(2026, 4, 5)))
    assert found.total.bridge.basis == (shop.one("SELECT sum(net_minor) FROM monthly") or 0)
    assert found.total.bridge.basis == (shop.one("SELECT sum(net_minor) FROM customer_value") or 0)
