"""What HubSpot says of consent: an opt-out of all mail, by address."""

from __future__ import annotations

from collections.abc import Sequence

from regulars import Columns

from regulars_hubspot.models import Row

BY_ADDRESS = "consent by address"
"""Says, in the shape of a reading, that each address of a contact got a row of its own."""


def to_consents(rows: Sequence[Row], former: bool = False) -> Columns:
    """An opt-out of all mail is a fact; that there is none is no consent.

    It is about the contact's address, which the id names: HubSpot lets another address start without it, and
    what was said by the one before stays. With `former`, the row that a contact had whatever its address was
    gives way to the row of the opted-out address; any other such row is left, for it may be the opt-out of an
    address that the contact has no more.
    """
    said = [(row, _key(row), row.properties.get("hs_email_optout") == "true") for row in rows]
    if former:
        said += [(row, f"{row.id}:email", False) for row, _, no in said if no]
    return Columns(
        {
            "id": [key for _, key, _ in said],
            "updated_at": [row.updated_at for row, _, _ in said],
            "person_id": [row.id for row, _, _ in said],
            "address": [row.properties.get("email") or None for row, _, _ in said],
            "channel": ["email"] * len(said),
            "state": ["unsubscribed" if no else "unknown" for _, _, no in said],
            "at": [None] * len(said),
            "by": ["person" if no else None for _, _, no in said],
            "source": ["hs_email_optout" if no else None for _, _, no in said],
            "proof": [None] * len(said),
        }
    )


def _key(row: Row) -> str:
    address = row.properties.get("email") or ""
    return f"{row.id}:email:{''.join(address.lower().split())}"
