"""Marketing e-mail events (v1), which come late and are never changed."""

from __future__ import annotations

import base64
import random
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from regulars_hubspot.sandbox.problem import Body, invalid

TYPES = (
    *("SENT", "PROCESSED", "DROPPED", "DELIVERED", "DEFERRED", "BOUNCE", "OPEN", "CLICK", "PRINT", "FORWARD"),
    *("STATUSCHANGE", "SPAMREPORT", "UNBOUNCE", "SUPPRESSED"),
)
MOST = 1_000


class Events:
    """All events by (created, id). `add` makes one that may be seen from an instant on."""

    def __init__(self, portal: int) -> None:
        self._portal, self._dice = portal, random.Random(portal)
        self.rows: list[Body] = []
        self._seen_from: list[float] = []

    def add(
        self, kind: str, recipient: str, at: datetime, campaign: int = 1, late: float = 0, **more: Any
    ) -> Body:
        """An event of a type at an instant; it can be read `late` seconds after that."""
        row: Body = {
            "id": f"{self._dice.getrandbits(64):016x}-{kind.lower()}",
            "created": round(at.timestamp() * 1000),
            "type": kind,
            "recipient": recipient,
            "portalId": self._portal,
            "appId": 113,
            "appName": "Batch",
            "emailCampaignId": campaign,
            "emailCampaignGroupId": campaign,
            **more,
        }
        self.rows.append(row)
        self._seen_from.append(at.timestamp() + late)
        return row

    def page(self, query: dict[str, str], now: datetime) -> Body:
        """One page of the events that match, oldest first."""
        limit = _whole(query, "limit", 100)
        if not 0 < limit <= MOST:
            raise invalid(f"limit must be between 1 and {MOST}")
        if (kind := query.get("eventType")) and kind not in TYPES:
            raise invalid(f"Unknown event type {kind}")
        found = self._matching(query, now.timestamp())
        start = int(base64.urlsafe_b64decode(query["offset"])) if query.get("offset") else 0
        end = start + limit
        offset = base64.urlsafe_b64encode(str(min(end, len(found))).encode()).decode()
        return {"hasMore": end < len(found), "offset": offset, "events": found[start:end]}

    def _matching(self, query: dict[str, str], now: float) -> Sequence[Body]:
        low, high = _whole(query, "startTimestamp", 0), _whole(query, "endTimestamp", 1 << 62)
        wanted = {name: query[name] for name in ("recipient", "campaignId") if query.get(name)}
        found = [
            row
            for row, seen_from in zip(self.rows, self._seen_from, strict=True)
            if seen_from <= now
            and low <= row["created"] <= high
            and query.get("eventType", row["type"]) == row["type"]
            and wanted.get("recipient", row.get("recipient")) == row.get("recipient")
            and wanted.get("campaignId", str(row["emailCampaignId"])) == str(row["emailCampaignId"])
        ]
        return sorted(found, key=lambda row: (row["created"], row["id"]))

    def state(self) -> Any:
        """JSON-able."""
        return {"rows": self.rows, "seen_from": self._seen_from}

    def restore(self, state: Any) -> None:
        """Become what `state` gave."""
        self.rows, self._seen_from = state["rows"], state["seen_from"]


def _whole(query: dict[str, str], name: str, default: int) -> int:
    text = query.get(name) or str(default)
    if not text.isdigit():
        raise invalid(f"{name} must be a whole number, not {text!r}")
    return int(text)
