"""What may become of a member: the status machine, address changes, archiving, deletion.

Every rule here refuses with a Problem before anything is changed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from regulars_mailchimp.sandbox import interests, merge_fields
from regulars_mailchimp.sandbox.audience import Audience, Member, hash_of
from regulars_mailchimp.sandbox.problems import compliance, exists, forgotten, invalid, not_allowed

NEW = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional")
STATUSES = (*NEW, "archived")
PATCHED = ("subscribed", "unsubscribed", "cleaned", "pending")
BY_ADMIN = "N/A (Unsubscribed by admin)"

_ADDRESS = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[A-Za-z]{2,}")
_FAKE = ("example.com", "example.org", "example.net")


@dataclass
class Witness:
    """What a person outside would notice of API calls."""

    mails_sent: list[str] = field(default_factory=list)
    """Addresses to which Mailchimp mailed a request to confirm, one entry a mail."""
    subscribed_by_api: list[str] = field(default_factory=list)
    """Addresses which a request asked to set to `subscribed`, whether or not that was refused."""


class Desk:
    """Carries out what requests ask of one audience's members, or refuses."""

    def __init__(self, audience: Audience, witness: Witness, at: str, tired: Collection[str] = ()) -> None:
        self.audience, self.witness, self.at, self.tired = audience, witness, at, tired

    def create(self, given: Mapping[str, Any], status: str | None, skip: bool) -> Member:
        """A member that was not there before. `pending` mails the person a request to confirm."""
        email = good_address(given.get("email_address"))
        self._note(email, status)
        if status not in NEW:
            raise invalid("The resource submitted could not be validated.", ("status", "A status is required."))
        if self.audience.find(email):
            raise exists(email)
        if hash_of(email) in self.audience.forgotten:
            raise forgotten(email)
        if email.lower() in self.tired:
            raise invalid(
                f"{email} has signed up to a lot of lists very recently; we're not allowing more signups for now"
            )
        values = merge_fields.accept(self.audience, None, given.get("merge_fields") or {}, skip)
        groups = interests.accept(self.audience, given.get("interests"))
        member = self.audience.add(email, status, self.at)
        member["interests"] = [key for key, chosen in groups.items() if chosen]
        member["merge_fields"] |= values
        member["tags"] = [self.audience.tag_id(name) for name in given.get("tags") or [] if isinstance(name, str)]
        if status == "pending":
            self.witness.mails_sent.append(email)
        if status == "unsubscribed":
            member["unsubscribe_reason"], member["by"] = BY_ADMIN, "admin"
        return member

    def update(self, member: Member, given: Mapping[str, Any], allowed: tuple[str, ...], skip: bool) -> Member:
        """Merge what is given into a member; what is not given stays."""
        status = given.get("status")
        self._note(member["email_address"], status)
        if status is not None and status not in allowed:
            raise invalid("The resource submitted could not be validated.", ("status", f"{status} cannot be set."))
        email = self._new_address(member, given.get("email_address"))
        values = merge_fields.accept(self.audience, member, given.get("merge_fields") or {}, skip)
        groups = interests.accept(self.audience, given.get("interests"))
        self._may_become(member, status)
        before = self._told(member)
        member["merge_fields"] |= values
        chosen = {**dict.fromkeys(member["interests"], True), **groups}
        member["interests"] = [key for key, active in chosen.items() if active]
        if email:
            self.audience.rename(member, email)
        if status:
            self._become(member, status)
        if before != self._told(member):
            self.audience.touch(member, self.at)
        return member

    def archive(self, member: Member) -> None:
        """Take a member out of sight; it stays readable."""
        if member["status"] in ("cleaned", "pending", "archived"):
            raise not_allowed(
                "This list member cannot be removed."
                " Can not archive a contact that is bounced, pending or archived",
                allow="GET, PUT",
            )
        member["before"], member["status"] = member["status"], "archived"
        self.audience.touch(member, self.at)

    @staticmethod
    def _told(member: Member) -> tuple[Any, ...]:
        values, groups = dict(member["merge_fields"]), list(member["interests"])
        return member["email_address"], member["status"], values, groups

    def _note(self, email: str, status: str | None) -> None:
        if status == "subscribed":
            self.witness.subscribed_by_api.append(email)

    def _new_address(self, member: Member, wanted: str | None) -> str | None:
        if not wanted or wanted.lower() == member["email_address"].lower():
            return None
        email = good_address(wanted)
        if member["status"] != "subscribed":
            raise invalid(
                f'This member\'s status is "{member["status"]}." You can only update email addresses for members'
                ' with a status of "subscribed."'
            )
        if self.audience.find(email) or hash_of(email) in self.audience.forgotten:
            raise exists(email)
        return email

    @staticmethod
    def _may_become(member: Member, status: str | None) -> None:
        own = member["by"] == "person"
        hard = member["status"] == "cleaned"
        if status == "subscribed" and (own or hard or member["reviewed"]):
            raise compliance(member["email_address"])
        if status == "pending" and (hard or member["reviewed"]):
            raise compliance(member["email_address"])

    def _become(self, member: Member, status: str) -> None:
        if status == member["status"]:
            return
        member["status"], member["before"] = status, None
        if status == "unsubscribed":
            member["unsubscribe_reason"], member["by"] = BY_ADMIN, "admin"
        elif status == "subscribed":
            member["unsubscribe_reason"], member["by"] = "", None
            member["timestamp_opt"] = self.at
        elif status == "pending":
            self.witness.mails_sent.append(member["email_address"])


def good_address(value: Any) -> str:
    """The address, if Mailchimp takes it; reserved domains look fake to it. `*.test` is let through so
    that invented people can be used here."""
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        raise invalid("Please provide a valid email address.")
    if value.lower().rpartition("@")[2] in _FAKE:
        raise invalid(f"{value} looks fake or invalid, please enter a real email address.")
    return value
