"""Our discounts on a shop: one for each amount and last day, whose codes can each be used once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from regulars import IssueCode, Money, PlatformError

from regulars_shopify import cost
from regulars_shopify.endpoint import Endpoint, UserError

_LOOKUP = 1 + 1  # the discount's node, and the discount
_SEARCH = cost.connection(10, 1)
_EARLY = timedelta(minutes=5)  # a code must be good the moment it is made, whatever the platform's clock says


@dataclass(frozen=True, slots=True)
class Group:
    """Codes that share a discount."""

    amount_minor: int
    currency: str
    expires_on: str

    @classmethod
    def of(cls, change: IssueCode) -> Group:
        """The group of one code."""
        return cls(change.amount_minor, change.currency, change.expires_on)

    @property
    def title(self) -> str:
        """What the discount is called on the shop; by it, it is known again."""
        return f"Regulars {self.amount} {self.currency} until {self.expires_on}"

    @property
    def amount(self) -> str:
        """As plain decimal text."""
        return f"{Money.of_minor(self.amount_minor, self.currency).amount:f}"


class Discounts:
    """Finds a group's discount, or makes it with its first code."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._known: dict[Group, str] = {}
        self._shop: Mapping[str, Any] | None = None

    def currency(self) -> str:
        """The shop's currency."""
        return str(self._told()["currencyCode"])

    def find(self, group: Group) -> str | None:
        """The id of the group's discount. The search lags, so that one made a moment ago may be missed:
        then there are two of the same, which harms nobody."""
        if group not in self._known:
            data = self._endpoint.ask("discounts", {"filter": f'title:"{group.title}"'}, _SEARCH)
            ids = (_ours(node["id"], node["discount"], group) for node in _nodes(data))
            if found := next((one for one in ids if one), None):
                self._known[group] = found
        return self._known.get(group)

    def holding(self, code: str, group: Group) -> bool:
        """Whether a code is one of the group's discount, past the search index and whatever its case."""
        data = self._endpoint.ask("code_lookup", {"code": code}, _LOOKUP)
        node = data.get("codeDiscountNodeByCode")
        found = _ours(node["id"], node["codeDiscount"], group) if node else None
        if found:
            self._known.setdefault(group, found)
        return found is not None

    def make(self, group: Group, code: str) -> UserError | None:
        """Make the group's discount with its first code; why not, where Shopify refuses.

        Raises UnknownOutcomeError where nobody knows.
        """
        done = self._endpoint.change("make_discount", {"discount": self._input(group, code)})
        if done.errors:
            return done.errors[0]
        self._known[group] = str(done.payload["codeDiscountNode"]["id"])
        return None

    def _input(self, group: Group, code: str) -> dict[str, Any]:
        """`usageLimit` counts for each code (as `usage_limit` of the price rule behind it does)."""
        return {
            "title": group.title,
            "code": code,
            "startsAt": _instant(self._endpoint.http.clock.now() - _EARLY),
            "endsAt": _instant(self._end(group)),
            "usageLimit": 1,
            "appliesOncePerCustomer": True,
            "context": {"all": "ALL"},
            "customerGets": {
                "value": {"discountAmount": {"amount": group.amount, "appliesOnEachItem": False}},
                "items": {"all": True},
            },
        }

    def _end(self, group: Group) -> datetime:
        """The end of the last day, by the shop's clock."""
        day = date.fromisoformat(group.expires_on) + timedelta(days=1)
        return datetime.combine(day, time(), ZoneInfo(self._told()["ianaTimezone"]))

    def _told(self) -> Mapping[str, Any]:
        if self._shop is None:
            self._shop = dict(self._endpoint.ask("shop", {}, cost.SHOP)["shop"])
        return self._shop


def _nodes(data: Mapping[str, Any]) -> list[Any]:
    try:
        return list(data["discountNodes"]["nodes"])
    except (KeyError, TypeError):
        raise PlatformError("discounts cannot be understood", where="shopify", hint="Try again later") from None


def _ours(node: str, told: Mapping[str, Any], group: Group) -> str | None:
    """The id of a discount that is the group's, None of any other."""
    return node if (told.get("title"), told.get("usageLimit")) == (group.title, 1) else None


def _instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
