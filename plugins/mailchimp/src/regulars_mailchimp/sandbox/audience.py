"""One audience's memory: members with their indexes, merge fields, tags. It decides nothing."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from hashlib import md5
from typing import Any

Member = dict[str, Any]
"""What is kept of a member: contact_id, number, email_address, status, unsubscribe_reason, by (who
unsubscribed), merge_fields, tags (ids), source, timestamp_opt, last_changed, country, before (the
status before archiving), reviewed, interests (ids)."""

_STANDARD = (
    ("FNAME", "First Name", "text"),
    ("LNAME", "Last Name", "text"),
    ("ADDRESS", "Address", "address"),
    ("PHONE", "Phone Number", "phone"),
)
_AFTER_ALL = 2**62  # sorts behind every member of the same second


def hash_of(email: str) -> str:
    """The `id` of a member: MD5 of the address in lower case."""
    return md5(email.lower().encode(), usedforsecurity=False).hexdigest()


class Audience:
    """Members by `contact_id`, findable by hash and address, in the order of `last_changed`."""

    def __init__(self, list_id: str, name: str, seed: int) -> None:
        self.id, self.name, self.seed = list_id, name, seed
        self.members: dict[str, Member] = {}
        self.fields: list[dict[str, Any]] = []
        self.tags: dict[int, str] = {}
        self.categories: dict[str, dict[str, Any]] = {}
        self.webhooks: dict[str, dict[str, Any]] = {}
        self.double_optin = False
        self.campaign_defaults = {"from_name": name, "from_email": "shop@example.test", "subject": ""}
        self.forgotten: set[str] = set()
        self.created = 0
        self._by_hash: dict[str, str] = {}
        self._by_change: list[tuple[str, int, str]] = []
        for tag, label, kind in _STANDARD:
            self.add_field({"tag": tag, "name": label, "type": kind, "public": tag != "PHONE"})

    def find(self, key: str) -> Member | None:
        """A member by hash, address or contact_id."""
        contact_id = self._by_hash.get(key) or (self._by_hash.get(hash_of(key)) if "@" in key else key)
        return self.members.get(contact_id or "")

    def find_by_hash(self, key: str) -> Member | None:
        """A member by hash alone, as the tags endpoint wants it."""
        return self.members.get(self._by_hash.get(key, ""))

    def add(self, email: str, status: str, at: str) -> Member:
        """A new member with empty fields."""
        self.created += 1
        contact_id = md5(f"{self.seed}:{self.id}:{self.created}".encode(), usedforsecurity=False).hexdigest()
        member: Member = {
            "contact_id": contact_id,
            "number": self.created,
            "email_address": email,
            "status": status,
            "unsubscribe_reason": "",
            "by": None,
            "merge_fields": {},
            "tags": [],
            "source": "API - Generic",
            "timestamp_opt": at if status == "subscribed" else "",
            "last_changed": at,
            "country": "",
            "before": None,
            "reviewed": False,
            "interests": [],
        }
        self._enter(member)
        return member

    def touch(self, member: Member, at: str) -> None:
        """Move `last_changed` on."""
        self._unplace(member)
        member["last_changed"] = at
        insort(self._by_change, self._place(member))

    def rename(self, member: Member, email: str) -> None:
        """Another address: another hash, the same contact_id."""
        del self._by_hash[hash_of(member["email_address"])]
        member["email_address"] = email
        self._by_hash[hash_of(email)] = member["contact_id"]

    def remove(self, member: Member) -> None:
        """Forget a member for good; its address is remembered as one not to re-import."""
        self._unplace(member)
        del self._by_hash[hash_of(member["email_address"])]
        del self.members[member["contact_id"]]
        self.forgotten.add(hash_of(member["email_address"]))

    def changed(self, since: str | None, before: str | None) -> Iterator[Member]:
        """Members changed after `since` up to and including `before`, oldest first."""
        start = bisect_right(self._by_change, (since, _AFTER_ALL, "")) if since else 0
        end = bisect_right(self._by_change, (before, _AFTER_ALL, "")) if before else len(self._by_change)
        return (self.members[contact_id] for _, _, contact_id in self._by_change[start:end])

    def add_field(self, given: dict[str, Any]) -> dict[str, Any]:
        """A merge field, with Mailchimp's defaults for what is not given."""
        number = max((f["merge_id"] for f in self.fields), default=0) + 1
        blank = {"required": False, "public": False, "default_value": "", "options": {}, "help_text": ""}
        field = {**blank, **given, "merge_id": number, "display_order": number + 1, "list_id": self.id}
        self.fields.append(field)
        return field

    def tag_id(self, name: str) -> int:
        """The id of a tag, which is made where it is new. A tag is a static segment."""
        for number, known in self.tags.items():
            if known.lower() == name.lower():
                return number
        number = 100_001 + len(self.tags)
        self.tags[number] = name
        return number

    def state(self) -> dict[str, Any]:
        """Everything, as JSON-able data."""
        return {
            "id": self.id,
            "name": self.name,
            "seed": self.seed,
            "members": list(self.members.values()),
            "fields": self.fields,
            "tags": list(self.tags.items()),
            "categories": self.categories,
            "double_optin": self.double_optin,
            "webhooks": self.webhooks,
            "forgotten": sorted(self.forgotten),
            "created": self.created,
        }

    @classmethod
    def of(cls, state: dict[str, Any]) -> Audience:
        """What `state()` gave."""
        audience = cls(state["id"], state["name"], state["seed"])
        audience.fields, audience.created = state["fields"], state["created"]
        audience.tags, audience.categories = dict(state["tags"]), state["categories"]
        audience.double_optin, audience.webhooks = state["double_optin"], state["webhooks"]
        audience.forgotten = set(state["forgotten"])
        for member in state["members"]:
            audience._enter(member)
        return audience

    def _enter(self, member: Member) -> None:
        self.members[member["contact_id"]] = member
        self._by_hash[hash_of(member["email_address"])] = member["contact_id"]
        insort(self._by_change, self._place(member))

    def _unplace(self, member: Member) -> None:
        del self._by_change[bisect_left(self._by_change, self._place(member))]

    @staticmethod
    def _place(member: Member) -> tuple[str, int, str]:
        return member["last_changed"], member["number"], member["contact_id"]
