"""Finding members: by the page where that is fewer requests, else one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from regulars import PlatformError

from regulars_mailchimp.client import PAGE, MailchimpClient
from regulars_mailchimp.models import Member

HELD = ",".join(
    ("id", "contact_id", "email_address", "status", "last_changed", "merge_fields", "tags", "tags_count")
)
_PAGE_FIELDS = ",".join(("total_items", *(f"members.{name}" for name in HELD.split(","))))
_PAGES_FOR = 10
"""A page is read instead of at least this many single members."""


class Lookup:
    """One audience's members by contact_id, with the hash and the address that each was last seen under."""

    def __init__(self, client: MailchimpClient) -> None:
        self._client = client
        self._seen: dict[str, tuple[str, str]] = {}

    def members(self, ids: Sequence[str]) -> list[Member | None]:
        """In the order of the ids; None for who is not there. A failed look-up raises."""
        seen: dict[str, Member] = {}
        if len(ids) > _PAGES_FOR:
            wanted, offset, total = set(ids), 0, 1
            while offset < total <= PAGE * len(ids) // _PAGES_FOR and len(seen) < len(wanted):
                body = self._client.get(
                    f"{self._client.list}/members", count=PAGE, offset=offset, fields=_PAGE_FIELDS
                )
                total, offset = int(body["total_items"]), offset + PAGE
                rows = (row for row in body["members"] if row.get("contact_id") in wanted)
                seen |= {member.contact_id: member for member in (self._read(row, "a page") for row in rows)}
                if not body["members"]:
                    break
        rest = [contact_id for contact_id in ids if contact_id not in seen]
        alone = dict(zip(rest, self._client.parallel(self.member, rest), strict=True))
        return [seen.get(contact_id) or alone[contact_id] for contact_id in ids]

    def member(self, contact_id: str, fields: str = HELD) -> Member | None:
        """One member, an archived one too; None where there is none."""
        body = self._client.find(f"{self._client.list}/members/{contact_id}", fields=fields)
        return None if body is None else self._read(body, contact_id)

    def hash_of(self, contact_id: str) -> str | None:
        """Where tags are written; None where the member is not there."""
        return (self._known(contact_id) or (None, None))[0]

    def emails(self, ids: Sequence[str]) -> dict[str, str]:
        """contact_id -> address of those who are there."""
        new = [contact_id for contact_id in ids if contact_id not in self._seen]
        if new:
            self.members(new)
        return {contact_id: self._seen[contact_id][1] for contact_id in ids if contact_id in self._seen}

    def _known(self, contact_id: str) -> tuple[str, str] | None:
        if contact_id not in self._seen:
            self.member(contact_id)
        return self._seen.get(contact_id)

    def _read(self, body: Any, where: str) -> Member:
        try:
            member = Member.model_validate(body)
        except ValidationError as fault:
            raise PlatformError(
                f"a member cannot be understood: {fault.errors()[0]['msg']}", where=where
            ) from None
        self._seen[member.contact_id] = (member.id, member.email_address)
        return member
