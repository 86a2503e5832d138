"""Interest groups: what a person ticked on a form. A category (its title is what people see) has interests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regulars_mailchimp.client import MailchimpClient


@dataclass(frozen=True, slots=True)
class Interest:
    """One interest; `members` have it."""

    id: str
    name: str
    category: str
    members: int


def interests(client: MailchimpClient) -> list[Interest]:
    """All interests of the audience, by category and name."""
    asked = "categories.id,categories.title"
    categories = client.get(f"{client.list}/interest-categories", count=1000, fields=asked).get("categories") or []
    found = [_interest(row, str(kind["title"])) for kind in categories for row in _rows(client, str(kind["id"]))]
    return sorted(found, key=lambda interest: (interest.category, interest.name))


def chosen(known: Mapping[str, Interest], given: Mapping[str, Any]) -> dict[str, list[str]]:
    """Category -> names of the interests that a member has."""
    told: dict[str, list[str]] = {}
    for key, interest in known.items():
        if given.get(key):
            told.setdefault(interest.category, []).append(interest.name)
    return told


def _rows(client: MailchimpClient, category: str) -> list[Any]:
    path = f"{client.list}/interest-categories/{category}/interests"
    asked = "interests.id,interests.name,interests.subscriber_count"
    return list(client.get(path, count=1000, fields=asked).get("interests") or ())


def _interest(row: Mapping[str, Any], category: str) -> Interest:
    # Mailchimp writes this count as a text.
    return Interest(str(row["id"]), str(row["name"]), category, int(row.get("subscriber_count") or 0))
