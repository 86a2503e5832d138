"""What arrives from Mailchimp, and its values as the platform-neutral texts of our own fields."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from hashlib import md5
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict
from regulars import Response

FIELD_PREFIX = "RG_"
LIST_PREFIX = "regulars:"

STATUSES = frozenset(("subscribed", "unsubscribed", "pending", "cleaned", "transactional", "archived"))
INVALID = "invalid"
"""In place of a status that nobody knows: such a member is handed to no sender, and holds up nobody's write."""


def _object(value: Any) -> Any:
    return {} if value in ([], "", None) else value  # an empty object arrives as an empty list


def _status(value: Any) -> Any:
    return value if value in STATUSES or not isinstance(value, str) else INVALID


def _instant(value: Any) -> Any:
    return None if value == "" else value  # Mailchimp writes an empty text where it has nothing


def in_utc(found: datetime) -> datetime:
    """The same instant in UTC. Raises ValueError where it has no zone, or no calendar goes that far."""
    if found.tzinfo is UTC:
        return found
    if found.tzinfo is None:
        raise ValueError(f"'{found.isoformat()}' has no zone")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise ValueError("no calendar goes that far in UTC") from None


Object = Annotated[dict[str, Any], BeforeValidator(_object)]
Changed = Annotated[AwareDatetime, AfterValidator(in_utc)]
Instant = Annotated[Changed | None, BeforeValidator(_instant)]
Status = Annotated[str, BeforeValidator(_status)]


class Tag(BaseModel):
    """A tag of a member."""

    name: str


class Member(BaseModel):
    """A member of an audience. `id` changes with the address, `contact_id` does not. `tags` are 50 of
    the `tags_count` at most. Further properties stay readable as `model_extra`."""

    model_config = ConfigDict(extra="allow")

    id: str
    contact_id: str
    email_address: str
    status: Status
    last_changed: Changed
    unsubscribe_reason: str = ""
    merge_fields: Object = {}
    timestamp_signup: Instant = None
    timestamp_opt: Instant = None
    location: Object = {}
    interests: Object = {}
    source: str = ""
    tags: list[Tag] = []
    tags_count: int = 0

    @property
    def tag_names(self) -> list[str]:
        """Names of the tags shown here."""
        return [tag.name for tag in self.tags]

    @property
    def created_at(self) -> datetime | None:
        """When the person signed up or, where that is not known, opted in."""
        return self.timestamp_signup or self.timestamp_opt


ASKED = tuple(name for name in Member.model_fields if name != "location")
"""The properties always asked for."""
FURTHER = frozenset(
    (
        *("email_type", "full_name", "unique_email_id", "web_id", "member_rating", "vip", "language"),
        *("email_client", "stats", "interests", "marketing_permissions", "ip_signup", "ip_opt", "last_note"),
        *("consents_to_one_to_one_messaging", "sms_phone_number", "sms_subscription_status"),
    )
)
"""Properties of a member that a client may map; any other name is a merge tag. Mailchimp may refuse a
request that asks for a property which it does not have."""


class MergeField(BaseModel):
    """The definition of a merge field."""

    tag: str
    type: str
    name: str = ""
    required: bool = False


class Problem(BaseModel):
    """A problem document; all empty where the answer is none."""

    title: str = ""
    status: int = 0
    detail: str = ""
    errors: list[dict[str, str]] = []

    @classmethod
    def read(cls, response: Response) -> Problem:
        """The problem of an answer, empty but for the status where there is no such document."""
        if response.status < 300:
            return cls(status=response.status)
        try:
            body = json.loads(response.body)
            return cls.model_validate(body | {"status": response.status})
        except (ValueError, TypeError):
            return cls(status=response.status)

    @property
    def words(self) -> str:
        """What Mailchimp said, in one line."""
        fields = "; ".join(f"{e.get('field', '')}: {e.get('message', '')}" for e in self.errors)
        said = f"{self.title}: {self.detail}" if self.title else f"status {self.status}"
        return f"{said} ({fields})" if fields else said

    @property
    def wrong_fields(self) -> dict[str, str]:
        """Merge tag -> what is wrong with its value."""
        return {e["field"]: e.get("message", "") for e in self.errors if "field" in e}


def hash_of(email: str) -> str:
    """A member's `id` and place in paths: MD5 of the address in lower case."""
    return md5(email.lower().encode(), usedforsecurity=False).hexdigest()


def text(value: Any) -> str | None:
    """A merge field's value as text: numbers plain and without trailing zeros, None where empty."""
    if isinstance(value, str) or value is None:
        return value or None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return json.dumps(value, sort_keys=True)
    if not -(2**63) <= value < 2**64 and abs(value) < 2**1023:
        value = float(value)  # as `read_json` gives it
    plain = repr(value)
    if "e" in plain:
        plain = format(Decimal(plain), "f")
    return plain.removesuffix(".0")


def same(wanted: str | None, got: Any) -> bool:
    """Whether a value that Mailchimp gave is the one that was sent (numbers by value)."""
    if text(got) == (wanted or None):
        return True
    if wanted is None or isinstance(got, bool) or not isinstance(got, int | float):
        return False
    try:
        return Decimal(wanted) == Decimal(str(got))
    except InvalidOperation:
        return False
