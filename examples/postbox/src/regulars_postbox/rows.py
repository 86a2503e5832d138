"""A reader of Postbox as our records. None is what Postbox does not say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from regulars import Consent, Person

STATES = {"active": "subscribed", "left": "unsubscribed", "waiting": "pending", "spam": "complained"}


def person(row: Mapping[str, Any]) -> Person:
    """Who it is."""
    return {
        "id": row["id"],
        "updated_at": datetime.fromisoformat(row["changed_at"]),
        "created_at": None,
        "email": row["email"],
        "other_emails": [],
        "phone": None,
        "first_name": row["name"],
        "last_name": None,
        "country": None,
        "company": None,
        "tags": [],
        "held": "{}",
        "lists": [],
        "custom": "{}",
    }


def consent(row: Mapping[str, Any]) -> Consent:
    """What the reader said to e-mail."""
    return {
        "id": row["id"],
        "updated_at": datetime.fromisoformat(row["changed_at"]),
        "person_id": row["id"],
        "address": row["email"],
        "channel": "email",
        "state": STATES.get(row["state"], "unknown"),
        "at": None,
        "by": None,
        "source": None,
        "proof": None,
    }
