"""What mutations do to the simulated shop's customers: tags, their own details, consent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from regulars_shopify.sandbox.faults import Refused
from regulars_shopify.sandbox.objects import Customer

if TYPE_CHECKING:
    from regulars_shopify.sandbox.shop import ShopifySandbox

_MOST_TAGS, _TAG_LENGTH = 250, 255
_WRITABLE = ("SUBSCRIBED", "UNSUBSCRIBED", "PENDING")


def clean(tags: Iterable[str]) -> list[str]:
    """As the platform keeps tags: cut at commas, trimmed, once each whatever the case, in order."""
    found: dict[str, str] = {}
    for tag in ",".join(tags).split(","):
        if tag.strip():
            found.setdefault(tag.strip().lower(), tag.strip())
    return [found[low] for low in sorted(found)]


class People:
    """The mutations on customers."""

    def __init__(self, shop: ShopifySandbox) -> None:
        self._shop = shop

    def add_tags(self, gid: str, tags: Sequence[str]) -> Mapping[str, Any]:
        """tagsAdd: a comma splits a tag, and the spelling that is there already stays."""
        customer = self._customer(gid, "tagsAdd")
        if customer is None:
            return {"node": None, "userErrors": [{"field": ["id"], "message": "Customer does not exist"}]}
        self._shop.note_foreign_tags(tags, "tagsAdd")
        wanted = clean([*customer.tags, *tags])
        if error := _too_many(wanted):
            return {"node": None, "userErrors": [error]}
        customer.added = clean([*customer.added, *tags])
        self._retag(customer, wanted)
        return {"node": customer, "userErrors": []}

    def remove_tags(self, gid: str, tags: Sequence[str]) -> Mapping[str, Any]:
        """tagsRemove: whatever the case."""
        customer = self._customer(gid, "tagsRemove")
        if customer is None:
            return {"node": None, "userErrors": [{"field": ["id"], "message": "Customer does not exist"}]}
        self._shop.note_foreign_tags(tags, "tagsRemove")
        gone = {tag.lower() for tag in clean(tags)}
        customer.added = [tag for tag in customer.added if tag.lower() not in gone]
        self._retag(customer, [tag for tag in customer.tags if tag.lower() not in gone])
        return {"node": customer, "userErrors": []}

    def update(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """customerUpdate: what is given replaces what is there, tags too."""
        self._shop.forbidden.append(f"customerUpdate {' '.join(sorted(told))}")
        customer = self._customer(told.get("id") or "", "customerUpdate")
        error = (
            _user_error(["id"], "Customer does not exist") if customer is None else self._refusal(customer, told)
        )
        if error or customer is None:
            return {"customer": None, "userErrors": [error]}
        for name, field in (("firstName", "first_name"), ("lastName", "last_name"), ("phone", "phone")):
            if name in told:
                setattr(customer, field, told[name] or ("" if name != "phone" else None))
        if "email" in told:
            customer.email = _squeezed(told["email"]) or None
        if "tags" in told:
            customer.tags = clean(told["tags"] or ())
            customer.added = list(customer.tags)
        self._shop.touch(customer)
        return {"customer": customer, "userErrors": []}

    def consent(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """customerEmailMarketingConsentUpdate: the newest statement wins; without an address, nothing happens."""
        said = told["emailMarketingConsent"]
        self._shop.forbidden.append(f"customerEmailMarketingConsentUpdate {said['marketingState']}")
        if said["marketingState"] not in _WRITABLE:
            what = f"Cannot specify {said['marketingState']} as a marketing state input"
            raise Refused(what, "INVALID", ("customerEmailMarketingConsentUpdate",))
        customer = self._customer(told["customerId"], "customerEmailMarketingConsentUpdate")
        if customer is None:
            return {
                "customer": None,
                "userErrors": [_consent_error(["customerId"], "Customer not found", "INVALID")],
            }
        at = _second(said.get("consentUpdatedAt"), self._shop.now())
        if error := _consent_problem(said, at, self._shop.now()):
            return {"customer": customer, "userErrors": [error]}
        if customer.email and at >= (customer.consent_at or 0):
            customer.consent, customer.consent_at = said["marketingState"], at
            self._shop.touch(customer)
        return {"customer": customer, "userErrors": []}

    def _retag(self, customer: Customer, tags: list[str]) -> None:
        if customer.tags != tags:
            customer.tags = tags
            self._shop.touch(customer)

    def _customer(self, gid: str, root: str) -> Customer | None:
        found = self._shop.thing(gid)
        if found is not None and not isinstance(found, Customer):
            raise Refused("invalid id", "RESOURCE_NOT_FOUND", (root,))
        return found

    def _refusal(self, customer: Customer, told: Mapping[str, Any]) -> dict[str, Any] | None:
        if "emailMarketingConsent" in told:
            what = (
                "To update emailMarketingConsent, please use the"
                " customerEmailMarketingConsentUpdate Mutation instead"
            )
            return _user_error(["emailMarketingConsent"], what)
        email = _squeezed(told.get("email"))
        if email and email.count("@") != 1:
            return _user_error(["email"], "Email is invalid")
        others = (one for one in self._shop.customers.live.values() if one is not customer)
        if email and any((one.email or "").lower() == email.lower() for one in others):
            return _user_error(["email"], "Email has already been taken")
        if not (email if "email" in told else customer.email) and not (customer.first_name or customer.phone):
            return {"field": None, "message": "A name, phone number, or email address must be present"}
        return None


def _squeezed(email: str | None) -> str:
    return "".join((email or "").split())


def _too_many(tags: Sequence[str]) -> dict[str, Any] | None:
    if len(tags) > _MOST_TAGS:
        return _user_error(["tags"], f"cannot have more than {_MOST_TAGS} tags")
    if any(len(tag) > _TAG_LENGTH for tag in tags):
        return _user_error(["tags"], f"Tags is too long (maximum is {_TAG_LENGTH} characters)")
    return None


def _user_error(field: list[str], message: str) -> dict[str, Any]:
    return {"field": field, "message": message}


def _consent_error(field: list[str], message: str, code: str) -> dict[str, Any]:
    return {"field": ["input", *field], "message": message, "code": code}


def _consent_problem(said: Mapping[str, Any], at: int, now: int) -> dict[str, Any] | None:
    level = said.get("marketingOptInLevel")
    where = ["emailMarketingConsent"]
    if said["marketingState"] == "SUBSCRIBED" and level is None:
        return _consent_error(
            [*where, "marketingOptInLevel"], "Marketing opt in level must exist", "MISSING_ARGUMENT"
        )
    if said["marketingState"] == "PENDING" and level != "CONFIRMED_OPT_IN":
        what = "Marketing opt in level must be confirmed opt-in for pending consent state"
        return _consent_error([*where, "marketingOptInLevel"], what, "INVALID")
    if at > now:
        what = "Consent updated at must not be in the future"
        return _consent_error([*where, "consentUpdatedAt"], what, "INVALID")
    return None


def _second(text: str | None, now: int) -> int:
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()) if text else now
