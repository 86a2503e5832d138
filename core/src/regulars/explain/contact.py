"""How somebody first came, and on which of the shop's own channels they are reached, with the facts behind it."""

from __future__ import annotations

from regulars.explain.rules import Reason
from regulars.explain.snapshot import rows
from regulars.warehouse import Session


def contact_reasons(session: Session, customer_id: str) -> list[Reason]:
    """`first_source`, and `reach <channel>` for each channel with an address or consent."""
    found = []
    if session.has("first_touch"):
        asked = "SELECT * FROM first_touch WHERE customer_id = $id"
        for row in rows(session, asked, {"id": customer_id}):
            rule = (
                "no platform tells how they came"
                if row["source"] == "unknown"
                else "the earliest that is told within 30 days of knowing them"
            )
            facts = {
                "in the platform's words": row["detail"] or "-",
                "told of": row["touched_on"],
                "known since": row["known_on"],
                "sent by another customer": "yes" if row["is_referred"] else "no",
            }
            found.append(Reason("first_source", row["source"], rule, facts))
    if session.has("channel_reach"):
        asked = "SELECT * FROM channel_reach WHERE customer_id = $id ORDER BY channel"
        for row in rows(session, asked, {"id": customer_id}):
            parts = {"address": row["has_address"], "consent": row["has_consent"], "arrives": row["arrives"]}
            facts = {name: "yes" if holds else "no" for name, holds in parts.items()}
            rule = "address AND consent AND arrives"
            found.append(Reason(f"reach {row['channel']}", "yes" if all(parts.values()) else "no", rule, facts))
    return found
