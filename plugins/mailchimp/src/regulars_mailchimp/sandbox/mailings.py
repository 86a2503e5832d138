"""Campaigns and what became of them: the memory behind campaigns, templates and reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import md5
from typing import Any

from regulars_mailchimp.sandbox.audience import hash_of

Campaign = dict[str, Any]
"""id, number, type, status (save, sent), create_time, send_time, list_id, segment (id or None), settings,
template, html, deliveries (address -> sent, hard, soft), events and unsubscribes (lists)."""

Event = dict[str, Any]
"""email, action (open, click, bounce), type (hard, soft or ""), at, visible (from when the API shows it), url."""

_OPENS = _CLICKS = 1000
"""Events that the API shows of one member and campaign at most, of each kind."""


@dataclass
class Mailings:
    """One account's campaigns, templates and complaints."""

    seed: int
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    templates: dict[int, dict[str, Any]] = field(default_factory=dict)
    complaints: list[dict[str, Any]] = field(default_factory=list)

    def draft(self, given: Mapping[str, Any], at: str) -> Campaign:
        """A new campaign that is not sent. The same twice are two campaigns."""
        number = len(self.campaigns) + 1
        digest = md5(f"campaign:{self.seed}:{number}".encode(), usedforsecurity=False).hexdigest()[:10]
        campaign: Campaign = {
            "id": digest,
            "number": number,
            "type": "regular",
            "status": "save",
            "create_time": at,
            "send_time": "",
            "list_id": "",
            "segment": None,
            "settings": {},
            "template": None,
            "html": "",
            "deliveries": {},
            "events": [],
            "unsubscribes": [],
            **given,
        }
        self.campaigns[digest] = campaign
        return campaign

    def template(self, name: str, html: str = "<p>Hello *|FNAME|*</p>") -> int:
        """A template that somebody made; its id."""
        number = 10_000_001 + len(self.templates)
        self.templates[number] = {"id": number, "name": name, "html": html, "type": "user", "active": True}
        return number

    def complain(self, campaign: str, list_id: str, email: str, at: str) -> None:
        """Somebody called a mail spam."""
        number = len(self.complaints) + 1
        row = {"id": number, "campaign_id": campaign, "list_id": list_id, "email_address": email, "date": at}
        self.complaints.append({**row, "email_id": hash_of(email)})

    def state(self) -> dict[str, Any]:
        """Everything, as JSON-able data."""
        templates = list(self.templates.values())
        return {"campaigns": self.campaigns, "templates": templates, "complaints": self.complaints}

    @classmethod
    def of(cls, seed: int, state: Mapping[str, Any]) -> Mailings:
        """What `state()` gave."""
        templates = {row["id"]: row for row in state["templates"]}
        return cls(seed, dict(state["campaigns"]), templates, list(state["complaints"]))


def shown(campaign: Campaign, now: str) -> list[Event]:
    """The events that the API shows by now. A bounce comes minutes late."""
    return [event for event in campaign["events"] if event["visible"] <= now]


def capped(events: Iterable[Event]) -> Iterator[Event]:
    """At most so many opens and clicks of one member, as the API shows them."""
    left = {"open": _OPENS, "click": _CLICKS}
    for event in events:
        if event["action"] in left:
            left[event["action"]] -= 1
            if left[event["action"]] < 0:
                continue
        yield event
