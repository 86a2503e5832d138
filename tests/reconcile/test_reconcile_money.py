"""Text to money to text, in currencies with no, two and three decimals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from regulars import Money, MoneyError, minor_units
from regulars.reconcile.render import amount, plain

CURRENCIES = st.sampled_from(["JPY", "KWD", "CLP", "VND", "EUR"])


@given(st.integers(-(10**15), 10**15), CURRENCIES)
def test_what_a_report_prints_is_what_it_was(minor, currency):
    assert minor_units(plain(minor, currency), currency) == minor
    shown = amount(minor, currency).replace(",", "").replace("−", "-")  # noqa: RUF001
    assert minor_units(shown, currency) == minor
    assert plain(Money.parse(plain(minor, currency), currency).minor, currency) == plain(minor, currency)


@given(st.integers(-(10**15), 10**15), CURRENCIES)
def test_a_files_text_comes_back_as_it_was_written(minor, currency):
    money = Money.of_minor(minor, currency)
    text, code = f"{money.amount} {money.currency}".split()
    assert Money.parse(text, code) == money
    assert f"{Money.parse(text, code).amount} {code}" == f"{text} {code}"


@pytest.mark.parametrize(
    ("minor", "currency", "shown", "written"),
    [
        (1234567, "JPY", "1,234,567", "1234567"),
        (-1234567, "KWD", "−1,234.567", "-1234.567"),  # noqa: RUF001
        (99, "CLP", "99", "99"),
        (250000, "VND", "250,000", "250000"),
        (-5, "EUR", "−0.05", "-0.05"),  # noqa: RUF001
        (0, "KWD", "0.000", "0.000"),
    ],
)
def test_amounts_have_the_decimals_of_their_currency(minor, currency, shown, written):
    assert (amount(minor, currency), plain(minor, currency)) == (shown, written)


@pytest.mark.parametrize("currency", ["JPY", "KWD", "CLP", "VND", "EUR"])
@pytest.mark.parametrize("text", ["1.399,80", "1,399.80", "1 399", "0.0001", "12.5 EUR"])
def test_text_that_could_mean_two_things_is_refused(text, currency):
    with pytest.raises(MoneyError):
        minor_units(text, currency)
