"""What connectors yield: flat canonical records, one meaning each, as plain dicts.

Rules for every record:
- All fields are there, always, and no others.
- `id` is the platform's own id, unique within one connection and record kind. `updated_at` orders
  versions: the newest wins, and the same version twice does no harm.
- Instants are aware datetimes. None means "the platform does not say", never "no".
- Money is an integer of minor units (`money.minor_units`) of the record's own `currency`, in the
  shop's currency; `presentment_*` keeps what the customer saw.
- `custom` is a JSON object of further properties as the platform gives them, so that a mapping
  added later needs no new sync.

Changing a field here is a change of the stored format: raise SCHEMA_VERSION and add a migration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from functools import cache
from itertools import chain
from types import NoneType, UnionType
from typing import Any, TypedDict, get_args, get_origin, get_type_hints, overload

from regulars.errors import PluginError

SCHEMA_VERSION = 1


class Person(TypedDict):
    """One profile on one platform: a CRM contact, a shop's customer, an audience's member.

    `held` is a JSON object of the fields in our own namespace and their present values (texts);
    `lists` names those of our lists or tags the profile is in, or is None where the platform tells
    memberships apart (then the source yields Membership records). Where there is nothing of ours they
    are "{}" and []. `custom` may hold any property.
    """

    id: str
    updated_at: datetime
    created_at: datetime | None
    email: str | None
    other_emails: list[str]
    phone: str | None
    first_name: str | None
    last_name: str | None
    country: str | None  # ISO 3166-1 alpha-2
    company: str | None
    tags: list[str]
    held: str
    lists: list[str] | None
    custom: str


class Company(TypedDict):
    """A buying company."""

    id: str
    updated_at: datetime
    name: str | None
    domain: str | None
    country: str | None
    custom: str


class Product(TypedDict):
    """What is sold; `category` is the platform's product type."""

    id: str
    updated_at: datetime
    title: str | None
    category: str | None
    vendor: str | None
    status: str | None
    tags: list[str]


class Order(TypedDict):
    """A sale as it was made. Refunds are records of their own and never lower these amounts.

    `goods_minor` is the sum of the lines after all discounts, as charged; `goods_tax_minor` is the
    part of it that is tax (0 where prices exclude tax). `discount_minor` is what was taken off.
    """

    id: str
    updated_at: datetime
    number: str | None
    ordered_at: datetime
    person_id: str | None
    email: str | None
    company_id: str | None
    currency: str
    goods_minor: int
    goods_tax_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    presentment_currency: str | None
    presentment_total_minor: int | None
    test: bool
    cancelled_at: datetime | None
    status: str | None
    country: str | None
    source: str | None
    tags: list[str]


class Line(TypedDict):
    """One line of an order; `goods_minor` after discounts, before refunds."""

    id: str
    updated_at: datetime  # that of its order
    order_id: str
    product_id: str | None
    sku: str | None
    title: str | None
    category: str | None
    quantity: int
    current_quantity: int
    currency: str
    goods_minor: int
    gift_card: bool


class Refund(TypedDict):
    """Money or goods given back. `goods_minor` concerns goods alone, positive; `goods_tax_minor` is
    the tax inside it (0 where prices exclude tax); `total_minor` is all that was paid back."""

    id: str
    updated_at: datetime
    order_id: str
    refunded_at: datetime
    currency: str
    goods_minor: int
    goods_tax_minor: int
    total_minor: int


class RefundLine(TypedDict):
    """One line of a refund."""

    id: str
    updated_at: datetime
    refund_id: str
    order_id: str
    line_id: str
    quantity: int
    currency: str
    goods_minor: int


class Fulfilment(TypedDict):
    """A parcel of an order."""

    id: str
    updated_at: datetime
    order_id: str
    status: str | None
    shipped_at: datetime | None
    delivered_at: datetime | None


class CodeUse(TypedDict):
    """A discount code used on an order."""

    id: str
    updated_at: datetime
    order_id: str
    code: str


class Touch(TypedDict):
    """Something that happened between the shop and a person: a mail sent, a click, an event.

    `kind`: sent, open, click, reply, visit, event, ticket, review ...; `media` is one of owned,
    earned, unowned, purchased; `department` one of marketing, sales, service, product.
    """

    id: str
    updated_at: datetime
    person_id: str | None
    email: str | None
    kind: str
    at: datetime
    channel: str | None
    campaign: str | None
    department: str | None
    media: str | None


class Consent(TypedDict):
    """What one platform says about one person on one channel (email, sms, phone, post).

    `state`: subscribed, unsubscribed, pending, not_subscribed, complained, unknown. `by` says whose
    act it was: person, admin or unknown.
    """

    id: str
    updated_at: datetime
    person_id: str
    address: str | None
    channel: str
    state: str
    at: datetime | None
    by: str | None
    source: str | None
    proof: str | None


class Bounce(TypedDict):
    """Mail to an address came back. `kind`: hard, soft, block, complaint. A bounce belongs to the
    address, not to the person."""

    id: str
    updated_at: datetime
    person_id: str | None
    email: str
    kind: str
    reason: str | None
    at: datetime | None


class Membership(TypedDict):
    """A profile is in one of our lists (only on platforms whose Person rows have `lists` None)."""

    id: str  # "<list>:<person_id>"
    updated_at: datetime
    person_id: str
    list: str
    joined_at: datetime | None


class Signal(TypedDict):
    """A sign the client mapped: open_ticket, loyalty_member, referrer, review_score, event ..."""

    id: str
    updated_at: datetime
    person_id: str
    kind: str
    value: str | None
    at: datetime | None


class Deletion(TypedDict):
    """A record that is gone on the platform. `id` is that record's id, `entity` its kind."""

    id: str
    updated_at: datetime
    entity: str


class Merge(TypedDict):
    """Profile `id` was merged into `into` on the platform and answers no more."""

    id: str
    updated_at: datetime
    into: str


Record = Mapping[str, Any]
"""Any of the records above where the kind is told beside it."""


class Columns(Sequence[Record]):
    """Records of one kind told column by column: `of` is field -> the value of each record, in one order.

    It reads like any sequence of records, and is stored as it is. A list for each field of a page costs half of
    what a dict for each record does, which shows where pages are large; elsewhere a list of records is as good.
    Columns may share a list; whoever yields them changes them no more. Raises PluginError where they differ in
    length.
    """

    __slots__ = ("_length", "of")

    def __init__(self, of: Mapping[str, Sequence[Any]]) -> None:
        lengths = {len(column) for column in of.values()}
        if len(lengths) != 1:
            raise PluginError(f"columns of one page must be equally long, these have {sorted(lengths)} values")
        self.of, self._length = of, lengths.pop()

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Record]:
        names = tuple(self.of)
        return (dict(zip(names, values, strict=True)) for values in zip(*self.of.values(), strict=True))

    @overload
    def __getitem__(self, at: int) -> Record: ...
    @overload
    def __getitem__(self, at: slice) -> Columns: ...
    def __getitem__(self, at: int | slice) -> Record | Columns:
        part = {name: column[at] for name, column in self.of.items()}
        return Columns(part) if isinstance(at, slice) else part


def joined(pages: Sequence[Sequence[Record]]) -> Sequence[Record]:
    """Pages of one kind one after the other: columns where all of them are and have the same fields."""
    pages = [page for page in pages if len(page)]
    told = [page for page in pages if isinstance(page, Columns)]
    if not told or len(told) < len(pages) or any(page.of.keys() != told[0].of.keys() for page in told):
        return list(chain.from_iterable(pages))
    whole: dict[str, list[Any]] = {name: [] for name in told[0].of}
    for page in told:
        for name, column in page.of.items():
            whole[name] += column
    return Columns(whole)


KINDS: Mapping[str, type] = {
    "person": Person,
    "company": Company,
    "product": Product,
    "order": Order,
    "line": Line,
    "refund": Refund,
    "refund_line": RefundLine,
    "fulfilment": Fulfilment,
    "code_use": CodeUse,
    "touch": Touch,
    "consent": Consent,
    "bounce": Bounce,
    "membership": Membership,
    "signal": Signal,
    "deletion": Deletion,
    "merge": Merge,
}
"""Record kind -> its TypedDict. The kind is the key of `Page.rows`."""

CONSENT_STATES = ("subscribed", "unsubscribed", "pending", "not_subscribed", "complained", "unknown")
BOUNCE_KINDS = ("hard", "soft", "block", "complaint")


def record(kind: str, /, *, id: str, updated_at: datetime, **fields: Any) -> dict[str, Any]:
    """A record of a kind (a key of `KINDS`: "person", "consent", "order" ...) with every field there.

    Give what the platform says. What you leave out says nothing: None for texts, instants and optional
    amounts, [] for lists, "{}" for `held` and `custom`, False for booleans. What has no such value (an
    order's `currency`, a consent's `state`) must be given. Values are taken as they are.

    >>> row = record("person", id="7", updated_at=http.clock.now(), email="ann@example.test")
    >>> row["email"], row["phone"], row["tags"]
    ('ann@example.test', None, [])

    Raises ValueError for an unknown kind; TypeError for a field the kind does not have, naming the
    nearest one it has, and for one that must be given and is not.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of record{_nearest(kind, KINDS)}")
    given, empty = {"id": id, "updated_at": updated_at, **fields}, _empty(kind)
    for name in given:
        if name not in empty:
            raise TypeError(f"a {kind} has no field {name!r}{_nearest(name, empty)}")
    if lacking := [name for name, make in empty.items() if make is None and name not in given]:
        raise TypeError(f"a {kind} needs {', '.join(lacking)}")
    return {name: given[name] if make is None or name in given else make() for name, make in empty.items()}


@cache
def _empty(kind: str) -> Mapping[str, Callable[[], Any] | None]:
    """Each field's empty value, made anew for each record; None where the field must be given."""
    return {name: _maker(name, hint) for name, hint in get_type_hints(KINDS[kind]).items()}


def _maker(name: str, hint: Any) -> Callable[[], Any] | None:
    if name in ("held", "custom"):
        return lambda: "{}"
    parts = [get_origin(part) or part for part in (get_args(hint) if isinstance(hint, UnionType) else [hint])]
    return next((made for made in (list, bool, NoneType) if made in parts), None)


def _nearest(name: str, names: Mapping[str, Any]) -> str:
    near = get_close_matches(name, names, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(names)}"
