"""Money is exact, in one currency, and never guesses."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from regulars import Money, MoneyError, exponent, minor_units

CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "KWD", "CLF"])


@given(st.integers(-(10**15), 10**15), CURRENCIES)
def test_minor_units_survive_the_way_through_money_and_text(minor, currency):
    money = Money.of_minor(minor, currency)
    assert money.minor == minor
    assert minor_units(f"{money.amount:f}", currency) == minor
    assert Money.parse(str(money).replace(",", "").split()[0], currency) == money


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12), CURRENCIES)
def test_adding_money_adds_minor_units(one, other, currency):
    total = Money.of_minor(one, currency) + Money.of_minor(other, currency)
    assert total.minor == one + other
    assert (total - Money.of_minor(other, currency)).minor == one


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("12.50", "EUR", 1250), ("12.5", "EUR", 1250), ("-0.01", "USD", -1), ("1200", "JPY", 1200),
     ("1200.00", "JPY", 1200), ("1.234", "KWD", 1234), ("0", "EUR", 0)],
)  # fmt: skip
def test_plain_decimal_text_is_read(text, currency, minor):
    assert minor_units(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "currency"),
    [("12.505", "EUR"), ("0.5", "JPY"), ("1.2345", "KWD"), ("12,50", "EUR"), ("1,200.00", "EUR"), ("", "EUR"),
     ("€5", "EUR"), ("NaN", "EUR"), ("Infinity", "EUR"), (12.5, "EUR"),
     ("92233720368547758.08", "EUR"), ("9" * 25, "JPY")],
)  # fmt: skip
def test_what_is_no_exact_amount_is_refused(text, currency):
    with pytest.raises(MoneyError):
        minor_units(text, currency)


@pytest.mark.parametrize(
    ("code", "places"),
    [("HRK", 2), ("ANG", 2), ("SLL", 2), ("LTL", 2), ("LVL", 2), ("BYR", 0), ("STD", 2), ("VEF", 2)],
)
def test_a_withdrawn_currency_is_still_that_of_the_orders_of_its_time(code, places):
    assert exponent(code) == places
    assert str(Money.of_minor(1200, code)) == ("1,200 BYR" if places == 0 else f"12.00 {code}")


@pytest.mark.parametrize("code", ["XXX", "eur", "", "EURO", "DEM", "JEP", "KID", "USDC"])
def test_an_unknown_currency_is_never_guessed(code):
    with pytest.raises(MoneyError, match="unknown currency"):
        exponent(code)


def test_two_currencies_do_not_add_up():
    with pytest.raises(MoneyError, match="EUR and USD do not add up"):
        Money.parse("1", "EUR") + Money.parse("1", "USD")
    with pytest.raises(MoneyError):
        Money.parse("1", "EUR") - Money.parse("1", "USD")


def test_an_amount_must_be_a_decimal():
    with pytest.raises(MoneyError, match="not a Decimal"):
        Money(1.5, "EUR")


def test_a_mean_is_rounded_half_to_even():
    assert Money(Decimal("0.125"), "EUR").minor == 12
    assert Money(Decimal("0.135"), "EUR").minor == 14


def test_money_is_shown_with_separators_and_its_currency():
    assert str(Money.of_minor(123456789, "EUR")) == "1,234,567.89 EUR"
    assert str(Money.of_minor(1200, "JPY")) == "1,200 JPY"
