"""Sections `products` and `expansion`: what may be offered to whom, and when.

Products are named by selectors, "<kind>:<name>", upper and lower case alike:

    sku:DRY-L           one article number
    type:Dry food       the platform's product type (a line's category)
    tag:premium         a product's tag
    product:<id>        the platform's own product id
    title:teapot        every title with this text in it
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from regulars.config.durations import Duration

KINDS = ("sku", "type", "tag", "product", "title")
Goal = Literal["margin", "orders", "people"]


def _selector(text: Any) -> Any:
    kind, colon, name = text.partition(":") if isinstance(text, str) else ("", "", "")
    if kind == "collection":
        raise ValueError('collections are not read; name the products by "type:", "tag:" or "sku:"')
    if kind not in KINDS or not colon or not name.strip():
        raise ValueError('expected "<kind>:<name>" such as "type:Teaware"; kinds: ' + ", ".join(KINDS))
    return f"{kind}:{name.strip()}"


Selector = Annotated[str, BeforeValidator(_selector)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


class UpsellStep(_Table):
    """Owners of `from` may be offered `to`, which is the better one of its kind."""

    from_: Selector = Field(alias="from")
    to: Selector

    @model_validator(mode="after")
    def _somewhere_else(self) -> UpsellStep:
        if self.from_.lower() == self.to.lower():
            raise ValueError(f"a step leads from {self.from_!r} to itself")
        return self


class AddOn(_Table):
    """`product` may be offered to who owns `needs`."""

    product: Selector
    needs: Selector

    @model_validator(mode="after")
    def _something_else(self) -> AddOn:
        if self.product.lower() == self.needs.lower():
            raise ValueError(f"{self.product!r} needs itself")
        return self


class Replenish(_Table):
    """`product` is used up so long after it was last bought, and may be offered again."""

    product: Selector
    after: Duration


class ProductsConfig(_Table):
    """What leads where. `exclude` is never offered and never counted; gift cards, shipping protection,
    samples and what costs nothing are left out anyway.

    Orders with one of `gift_tags` went to somebody else. `assume_delivered` stands in for a delivery
    that the platform does not tell: so long after the order. Without it such goods count as not delivered.
    """

    upsell: list[UpsellStep] = []
    add_ons: list[AddOn] = []
    exclude: list[Selector] = []
    replenish: list[Replenish] = []
    gift_tags: list[str] = ["gift"]
    assume_delivered: Duration | None = None


class ExpansionConfig(_Table):
    """When something may be offered, and what counts most.

    Nobody is offered anything within `after_delivery`, `after_refund` or `between_offers`; an upsell
    needs `upsell_min_orders`. `margin_pct` is the shop's margin on goods: without it money is stated as sales.
    """

    after_delivery: Duration = timedelta(days=14)
    after_refund: Duration = timedelta(days=30)
    between_offers: Duration = timedelta(days=30)
    upsell_min_orders: Annotated[int, Field(ge=1)] = 2
    margin_pct: Annotated[float, Field(gt=0, le=100)] | None = None
    goal: Goal = "margin"
