"""Which protected customer data comes through: refused, blanked without a word, or there.

(shopify.dev, "Work with protected customer data": level 1 is customers at all, level 2 each of name,
e-mail, phone and address. A development store is exempt, so that only the real shop shows it.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from regulars import AuthError, Finding

from regulars_shopify.client import PERSONAL, ShopifyClient

_HINT = "request it in the Dev Dashboard, API access, protected customer data"
_FIELDS = {
    "name": ("firstName", "lastName"),
    "email": ("defaultEmailAddress",),
    "phone": ("defaultPhoneNumber",),
    "address": ("defaultAddress",),
}
_WORD = {"name": "names", "email": "e-mail addresses", "phone": "phone numbers", "address": "postal addresses"}


def personal_data(client: ShopifyClient) -> Iterator[Finding]:
    """A finding for each kind that does not come through, and one for those that do."""
    there: list[str] = []
    try:
        if not client.personal(""):
            yield Finding("warning", "personal data", "the shop has no customers yet")
            return
    except AuthError as fault:
        yield Finding("error", "personal data", f"customers are refused ({fault.what}): {_HINT}")
        return
    for kind in PERSONAL:
        try:
            people = client.personal(kind)
        except AuthError as fault:
            yield Finding("error", "personal data", f"{_WORD[kind]} are refused ({fault.what}): {_HINT}")
            continue
        filled = sum(any(_said(one.get(name)) for name in _FIELDS[kind]) for one in people)
        if kind == "email" and not filled:
            text = f"none of the latest {len(people)} customers has a readable e-mail address: {_HINT}"
            yield Finding("error", "personal data", text)
        else:
            there.append(f"{_WORD[kind]} ({filled} of {len(people)})")
    if there:
        yield Finding("ok", "personal data", f"of the latest customers come {', '.join(there)}")


def _said(value: Any) -> bool:
    """Whether there is something in a text, or in any field of an object."""
    return any(value.values()) if isinstance(value, Mapping) else bool(value)
