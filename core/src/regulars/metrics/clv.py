"""Simple CLV: lifetime (years) x orders per year x amount per order. A cross-check, not a prediction.

Source: the definition asked for (requirements B005-B006); the three factors of a shop and of a person
are defined in queries/shop_value.sql and queries/customer_value.sql.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal


def simple_clv(years: Decimal, orders_per_year: Decimal, order_value_minor: int) -> int:
    """Minor units, half to even: 2.5 years x 4 a year x 3000 is 30000, in every currency."""
    product = years * orders_per_year * order_value_minor
    return int(product.to_integral_value(ROUND_HALF_EVEN))
