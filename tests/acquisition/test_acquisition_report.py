"""First touch, funnel, word of mouth and cost: a shop whose numbers can be checked."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from metrics.shop import Shop, noon
from regulars.acquisition import Acquisition, Margin, Referral, Spend, Word, acquisition
from regulars.acquisition.interval import wilson
from regulars.acquisition.page import page_data, page_lines
from regulars.metrics import build_reach
from regulars.warehouse import statement

AS_OF = "2026-06-30"
NO_MARGIN = Margin(1.0, is_set=False)


def reported(shop: Shop, *spend: Spend, yes: list[str] = [], margin: Margin = NO_MARGIN) -> Acquisition:  # noqa: B006
    """The report of a shop; `yes` may be mailed."""
    shop.build(AS_OF)
    shop.predict(AS_OF)
    texts(shop, "verdict", {"customer_id": yes, "channel": ["email"] * len(yes), "verdict": ["yes"] * len(yes)})
    texts(shop, "deliverable", {"customer_id": yes, "state": ["yes"] * len(yes)})
    build_reach(shop.session)
    days = {"as_of": date.fromisoformat(AS_OF), "zone": "Europe/London"}
    shop.session.run(statement("regulars.metrics", "first_touch"), days)
    return acquisition(shop.session, spend, margin)


def texts(shop: Shop, name: str, columns: dict[str, list[str]]) -> None:
    shop.session.load(name, pa.table({key: pa.array(value, pa.string()) for key, value in columns.items()}))


def source_of(shop: Shop, name: str) -> Any:
    return shop.one(f"SELECT source FROM first_touch WHERE customer_id = '{name}'")


def signal(shop: Shop, name: str, kind: str, value: str, day: str | None = None) -> None:
    shop.add("signal", person_id=name, kind=kind, value=value, at=noon(day) if day else None)


def known(shop: Shop, name: str, day: str = "2026-01-10") -> None:
    shop.person(name, created=noon(day))


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("SOCIAL_MEDIA", "social"),
        ("Trade show", "event"),
        ("ORGANIC_SEARCH", "search"),
        ("paid-social", "paid"),
        ("EMAIL_MARKETING", "email"),
        ("My friend Tom", "referral"),
        ("OFFLINE", "import"),
        ("REFERRALS", "partner"),
        ("DIRECT_TRAFFIC", "direct"),
        ("A pigeon brought it", "other"),
    ],
)
def test_what_a_platform_says_lands_in_the_right_source(shop: Shop, said: str, source: str) -> None:
    known(shop, "ann")
    signal(shop, "ann", "source", said)
    reported(shop)
    assert shop.all("SELECT source, detail FROM first_touch") == [(source, said)]


def test_nobody_who_says_nothing_is_direct(shop: Shop) -> None:
    shop.order("ann", "2026-01-10", source="web")
    known(shop, "bob")
    reported(shop)
    assert (source_of(shop, "ann"), source_of(shop, "bob")) == ("unknown", "unknown")


def test_the_earliest_touch_is_the_first(shop: Shop) -> None:
    known(shop, "ann")
    signal(shop, "ann", "event", "Spring fair", "2026-01-12")
    signal(shop, "ann", "source", "facebook", "2026-01-15")
    reported(shop)
    assert shop.all("SELECT source, detail, touched_on FROM first_touch") == [
        ("event", "Spring fair", date(2026, 1, 12))
    ]


def test_a_source_told_long_after_somebody_was_known_says_nothing_of_how_they_came(shop: Shop) -> None:
    for name, day in (("ann", "2026-02-09"), ("bob", "2026-02-10")):
        known(shop, name)
        signal(shop, name, "source", "facebook", day)
    reported(shop)
    assert (source_of(shop, "ann"), source_of(shop, "bob")) == ("social", "unknown")


def test_a_first_order_at_the_till_is_the_store(shop: Shop) -> None:
    shop.order("ann", "2026-01-10", source="pos")
    reported(shop)
    assert source_of(shop, "ann") == "store"


def test_each_person_is_once_in_the_funnel_and_counts_never_rise(shop: Shop) -> None:
    dice = random.Random(1)
    for n in range(60):
        known(shop, f"p{n}")
        if dice.random() < 0.7:
            signal(shop, f"p{n}", "source", dice.choice(["facebook", "google", "fair", "csv"]))
        for _ in range(dice.choice((0, 0, 1, 2, 3))):
            shop.order(f"p{n}", f"2026-0{dice.randrange(2, 6)}-10")
    found = reported(shop, yes=[f"p{n}" for n in range(60) if dice.random() < 0.5])
    assert found.whole.known == 60 == sum(step.known for step in found.funnel)
    assert len({step.source for step in found.funnel}) == len(found.funnel) == 5
    for step in (*found.funnel, found.whole):
        assert step.known >= step.reachable >= step.ordered >= step.again
    assert found.whole.ordered == shop.one("SELECT count(*) FROM customer_value")


def test_codes_of_one_referrer_make_three_referred_customers_and_k(shop: Shop) -> None:
    shop.order("ref", "2025-12-01")
    signal(shop, "ref", "referral_code", "REF-10")
    signal(shop, "ref", "invitations", "6")
    for name in ("ann", "bob", "cat", "ref"):
        order = shop.order(name, "2026-03-01", 5000)
        shop.add("code_use", order_id=order, code="ref-10")
    shop.order("dan", "2026-03-01")
    found = reported(shop)
    values = {"ann": 1000, "bob": 2000, "cat": 3001, "ref": 7000, "dan": 500}
    for name, minor in values.items():
        shop.session.run(f"UPDATE customer_clv SET clv_12m_minor = {minor} WHERE customer_id = '{name}'")
    word = acquisition(shop.session, [], NO_MARGIN).word
    assert (word.referred.leads, word.referred.ordered, word.referred.mean_minor) == (3, 3, 2000)
    assert (word.others.leads, word.others.mean_minor) == (2, 3750)
    assert (word.invitations, word.customers) == (6, 5)
    assert word.k == pytest.approx(6 / 5 * 3 / 6)
    assert any("too few (under 30): 3 of 3" in line for line in page_lines(found, "Acme"))


def test_thirty_leads_are_enough_for_a_conversion_with_its_interval() -> None:
    assert Referral(29, 9).conversion is None
    assert Referral(30, 9).conversion == 30
    low, high = Referral(30, 9).interval or (0, 0)
    # Wilson by hand: (0.3 + z²/60 -+ z sqrt(0.21/30 + z²/3600)) / (1 + z²/30).
    assert (round(low, 2), round(high, 2)) == (16.66, 47.88)
    assert wilson(0, 30)[0] == 0
    with pytest.raises(ValueError, match="nobody"):
        wilson(0, 0)


def test_referred_people_who_convert_a_third_more_often_are_told_with_an_interval_and_not_under_thirty() -> None:
    word = Word(Referral(100, 39), Referral(400, 120), None, 500)
    assert word.better == pytest.approx(30)
    # exp(ln 1.3 -+ 1.96 x sqrt(1/39 - 1/100 + 1/120 - 1/400)) by hand.
    assert [round(end) for end in word.better_interval or ()] == [-2, 73]
    assert Word(Referral(29, 20), Referral(400, 120), None, 500).better is None
    assert Word(Referral(30, 0), Referral(400, 120), None, 500).better_interval is None


def test_an_invitation_of_later_than_the_day_does_not_count(shop: Shop) -> None:
    shop.order("ann", "2026-03-01")
    for day in ("2026-06-30", "2026-07-01"):
        shop.add("touch", person_id="ann", kind="invite", at=noon(day))
    signal(shop, "ann", "invitations", "6", "2026-07-01")
    assert reported(shop).word.invitations == 1


def test_without_invitations_k_is_not_measured(shop: Shop) -> None:
    shop.order("ann", "2026-03-01")
    found = reported(shop)
    assert (found.word.invitations, found.word.k) == (None, None)
    assert any("not measured, no invitation is visible" in line for line in page_lines(found, "Acme"))


def test_without_spend_the_cost_of_a_customer_needs_ad_spend_and_is_no_number(shop: Shop) -> None:
    shop.order("ann", "2026-03-01")
    found = reported(shop)
    text = "\n".join(page_lines(found, "Acme"))
    assert "needs ad spend" in text
    assert (page_data(found)["cost"], found.won, found.paybacks) == ("needs ad spend", (), ())


def test_cost_value_and_payback_of_customers_won(shop: Shop) -> None:
    for n in range(20):
        known(shop, f"p{n}", "2026-01-05")
        signal(shop, f"p{n}", "source", "facebook")
        shop.order(f"p{n}", "2026-01-05", 1000)
        shop.order(f"p{n}", "2026-02-20", 3000)
    reported(shop)
    shop.session.run("UPDATE customer_clv SET clv_12m_minor = 500")
    spend = [Spend(date(2026, 1, 1), "social", 30000), Spend(date(2026, 2, 1), "social", 2000)]
    found = acquisition(shop.session, spend, Margin(0.5, is_set=True))
    january, february = found.won
    assert (january.customers, january.cac_minor, january.value_minor(found.margin)) == (20, 1500, 2500)
    assert january.ratio(found.margin) == pytest.approx(2500 / 1500)
    assert (february.customers, february.cac_minor, february.ratio(found.margin)) == (0, None, None)
    assert found.sources[0].cac_minor == 1600
    # 500 after the first 30 days, 2,000 after 60: paid back in the second month.
    assert found.paybacks[0].months == 2
    late = acquisition(shop.session, [Spend(date(2026, 1, 1), "social", 100000)], Margin(0.5, is_set=True))
    assert (late.paybacks[0].months, late.paybacks[0].seen) == (None, 5)
    assert any("not within 5 months" in line for line in page_lines(late, "Acme"))


def test_a_shop_without_anybody_is_reported(shop: Shop) -> None:
    found = reported(shop, Spend(date(2026, 1, 1), "paid", 100))
    assert (found.whole.known, found.won[0].customers) == (0, 0)
    assert list(page_lines(found, "Acme"))
