"""Discount codes of the simulated shop: made at once alone, and some time later where many are added."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from regulars_shopify.sandbox.collection import Slice, within
from regulars_shopify.sandbox.faults import Refused

if TYPE_CHECKING:
    from regulars_shopify.sandbox.shop import ShopifySandbox

_LONGEST = 255
_TITLE = re.compile(r"""title:(?:"([^"]*)"|'([^']*)'|(\S+))""")


@dataclass
class DiscountRedeemCode:
    """A code that can be redeemed."""

    id: int
    code: str
    used: int = 0


@dataclass
class DiscountCodeBasic:
    """A discount with its codes; `made` is when searches see it."""

    id: int
    title: str
    starts: int
    ends: int | None
    usage_limit: int | None
    once_per_customer: bool
    value: dict[str, Any]
    made: int
    codes: list[DiscountRedeemCode] = field(default_factory=list)


@dataclass
class Wanted:
    """A code of a bulk creation: what became of it stands there once it is done."""

    code: str
    made: int | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Creation:
    """Codes that are added to a discount at second `due`."""

    id: int
    discount: int
    started: int
    due: int
    codes: list[Wanted]
    done: bool = False

    @property
    def imported(self) -> int:
        """How many were made."""
        return sum(one.made is not None for one in self.codes)

    @property
    def failed(self) -> int:
        """How many were not."""
        return sum(bool(one.errors) for one in self.codes)


class Discounts:
    """All discounts. Codes are unique in the shop, whatever their case."""

    def __init__(self, shop: ShopifySandbox) -> None:
        self._shop = shop
        self.live: dict[int, DiscountCodeBasic] = {}
        self.creations: dict[int, Creation] = {}
        self.delay = 3
        """Seconds that a bulk creation takes."""
        self._codes: dict[str, tuple[int, DiscountRedeemCode]] = {}

    def by_code(self, code: str) -> DiscountCodeBasic | None:
        """The discount of a code, past the index."""
        self._settle()
        found = self._codes.get(code.lower())
        return self.live[found[0]] if found else None

    def redeem_code(self, code: str) -> DiscountRedeemCode | None:
        """A code by its text."""
        found = self._codes.get(code.lower())
        return found[1] if found else None

    def creation(self, number: int) -> Creation | None:
        """A bulk creation by its number."""
        self._settle()
        return self.creations.get(number)

    def listed(self, args: Mapping[str, Any]) -> Slice:
        """Discounts whose title holds the words searched for, as far as the index knows them."""
        match = _TITLE.fullmatch((args.get("query") or "").strip())
        if args.get("query") and match is None:
            raise Refused("the simulation searches discounts by title only", "BAD_REQUEST", ("discountNodes",))
        words = (match[1] or match[2] or match[3]).lower().split() if match else []
        seen = [d for d in self.live.values() if d.made + self._shop.index_lag <= self._shop.now()]
        found = [d for d in seen if all(word in d.title.lower().split() for word in words)]
        return within(found, args["first"], args.get("after"))

    def create(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """discountCodeBasicCreate."""
        errors = self._wrong(told)
        if errors:
            return {"codeDiscountNode": None, "userErrors": errors}
        number = 1_640_000_000_000 + len(self.live)
        made = DiscountCodeBasic(
            number,
            told["title"],
            _second(told["startsAt"]),
            _second(told["endsAt"]) if told.get("endsAt") else None,
            told.get("usageLimit"),
            bool(told.get("appliesOncePerCustomer")),
            dict(told["customerGets"]["value"]),
            self._shop.now(),
        )
        self.live[number] = made
        self._put(made, told["code"])
        return {"codeDiscountNode": made, "userErrors": []}

    def add(self, gid: str, codes: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """discountRedeemCodeBulkAdd: a yes at once, and each code's error later."""
        number = int(gid.rsplit("/", 1)[-1])
        if number not in self.live:
            return _refused(["discountId"], "Code discount does not exist.", "INVALID")
        if not codes:
            return _refused(["codes"], "Codes can't be blank", "BLANK")
        now = self._shop.now()
        wanted = [Wanted(told["code"]) for told in codes]
        made = Creation(799_000_000_000 + len(self.creations), number, now, now + self.delay, wanted)
        self.creations[made.id] = made
        return {"bulkCreation": made, "userErrors": []}

    def state(self) -> dict[str, Any]:
        """As JSON-able data."""
        return {
            "live": [asdict(one) for one in self.live.values()],
            "creations": [asdict(one) for one in self.creations.values()],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Become what `state` gave."""
        made = [{**t, "codes": [DiscountRedeemCode(**c) for c in t["codes"]]} for t in state["live"]]
        self.live = {told["id"]: DiscountCodeBasic(**told) for told in made}
        asked = [{**t, "codes": [Wanted(**c) for c in t["codes"]]} for t in state["creations"]]
        self.creations = {told["id"]: Creation(**told) for told in asked}
        self._codes = {code.code.lower(): (one.id, code) for one in self.live.values() for code in one.codes}

    def _settle(self) -> None:
        """Let the creations that are due happen."""
        for one in self.creations.values():
            if not one.done and one.due <= self._shop.now():
                one.done = True
                self._import(one)

    def _import(self, creation: Creation) -> None:
        seen: set[str] = set()
        for wanted in creation.codes:
            if wanted.code.lower() in seen:
                wanted.errors = [_late("Codes must be unique within BulkDiscountCodeCreation")]
            elif problem := _code_problem(wanted.code):
                wanted.errors = [_late(problem)]
            elif wanted.code.lower() in self._codes:
                wanted.errors = [_late("must be unique. Please try a different code.")]
            else:
                wanted.made = self._put(self.live[creation.discount], wanted.code).id
            seen.add(wanted.code.lower())

    def _put(self, discount: DiscountCodeBasic, code: str) -> DiscountRedeemCode:
        made = DiscountRedeemCode(22_157_000_000_000 + len(self._codes), code)
        discount.codes.append(made)
        self._codes[code.lower()] = (discount.id, made)
        return made

    def _wrong(self, told: Mapping[str, Any]) -> list[dict[str, Any]]:
        value = (told.get("customerGets") or {}).get("value") or {}
        if len([name for name in ("percentage", "discountAmount") if value.get(name) is not None]) > 1:
            what = "A discount can only have one of percentage, discountOnQuantity or discountAmount."
            raise Refused(what, "BAD_REQUEST", ("discountCodeBasicCreate",))
        checks = [_title_wrong(told), self._code_wrong(told.get("code") or ""), *_rest_wrong(told, value)]
        return [_error(*check) for check in checks if check]

    def _code_wrong(self, code: str) -> tuple[list[str], str, str] | None:
        self._settle()
        if not code:
            return ["code"], "Code can't be blank", "BLANK"
        if problem := _code_problem(code):
            return ["code"], f"Code {problem}", "INVALID"
        if code.lower() in self._codes:
            return ["code"], "Code must be unique. Please try a different code.", "TAKEN"
        return None


def _code_problem(code: str) -> str:
    if not code:
        return "is too short (minimum is 1 character)"
    if "\n" in code or "\r" in code:
        return "cannot contain newline characters."
    return f"is too long (maximum is {_LONGEST} characters)" if len(code) > _LONGEST else ""


def _title_wrong(told: Mapping[str, Any]) -> tuple[list[str], str, str] | None:
    return None if (told.get("title") or "").strip() else (["title"], "Title can't be blank", "BLANK")


def _rest_wrong(told: Mapping[str, Any], value: Mapping[str, Any]) -> list[tuple[list[str], str, str] | None]:
    found: list[tuple[list[str], str, str] | None] = []
    if not told.get("startsAt"):
        found.append((["startsAt"], "Starts at can't be blank", "BLANK"))
    elif told.get("endsAt") and _second(told["endsAt"]) <= _second(told["startsAt"]):
        found.append((["endsAt"], "Ends at needs to be after starts_at", "INVALID"))
    if not told.get("context"):
        found.append((["context"], "Context can't be blank", "BLANK"))
    percentage = value.get("percentage")
    if percentage is not None and not 0 <= percentage <= 1:
        what = "Value must be between 0.0 and 1.0"
        found.append((["customerGets", "value", "percentage"], what, "VALUE_OUTSIDE_RANGE"))
    return found


def _error(field: list[str], message: str, code: str) -> dict[str, Any]:
    return {"field": ["basicCodeDiscount", *field], "message": message, "code": code, "extraInfo": None}


def _refused(field: list[str], message: str, code: str) -> dict[str, Any]:
    return {"bulkCreation": None, "userErrors": [{"field": field, "message": message, "code": code}]}


def _late(message: str) -> dict[str, Any]:
    return {"field": ["code"], "message": message, "code": None}


def _second(text: str) -> int:
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())
