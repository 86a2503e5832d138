"""Sums of a span as a shop's own report has them, in one currency."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Side:
    """Orders placed, their goods after discounts, what was taken off, and goods given back by the day of the
    refund; minor units, with the tax that is inside prices."""

    orders: int = 0
    goods: int = 0
    discount: int = 0
    returned: int = 0

    def __add__(self, other: Side) -> Side:
        return Side(
            self.orders + other.orders,
            self.goods + other.goods,
            self.discount + other.discount,
            self.returned + other.returned,
        )

    def __neg__(self) -> Side:
        return Side(-self.orders, -self.goods, -self.discount, -self.returned)

    def __sub__(self, other: Side) -> Side:
        return self + -other

    def up_to(self, limit: Side) -> Side:
        """Of each sum what the limit's reaches, in the limit's direction; nothing where its net sales would be
        more than the limit's."""
        part = Side(
            _up_to(self.orders, limit.orders),
            _up_to(self.goods, limit.goods),
            _up_to(self.discount, limit.discount),
            _up_to(self.returned, limit.returned),
        )
        return part if part.net == _up_to(part.net, limit.net) else Side()

    @property
    def gross(self) -> int:
        """Goods before discounts."""
        return self.goods + self.discount

    @property
    def net(self) -> int:
        """Gross sales less discounts and returns."""
        return self.goods - self.returned

    def lines(self) -> tuple[tuple[str, int], ...]:
        """The amounts in the order in which a report shows them; they add up to the last."""
        return (
            ("gross sales", self.gross),
            ("discounts", -self.discount),
            ("returns, by date of refund", -self.returned),
            ("net sales", self.net),
        )


def _up_to(number: int, limit: int) -> int:
    return max(min(number, limit), 0) if limit > 0 else min(max(number, limit), 0)
