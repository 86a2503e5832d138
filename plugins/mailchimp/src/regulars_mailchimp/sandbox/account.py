"""What one account remembers, and what its people do in it beside the API."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from hashlib import md5
from typing import Any

from regulars import Clock
from regulars.testing import Sandbox, World

from regulars_mailchimp.sandbox import population, shop, webhooks
from regulars_mailchimp.sandbox.audience import Audience, Member
from regulars_mailchimp.sandbox.mailings import Campaign, Mailings
from regulars_mailchimp.sandbox.members import Witness
from regulars_mailchimp.sandbox.paging import stamp
from regulars_mailchimp.sandbox.shop import Store
from regulars_mailchimp.sandbox.webhooks import Receiver

LATE = 240.0
"""Seconds until a hard bounce is in the reports; a soft one that is tried again takes days."""


class Account(Sandbox):
    """The memory, with methods for what marketers, recipients and mail servers do."""

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        super().__init__(clock, seed)
        digest = md5(f"mailchimp:{seed}".encode(), usedforsecurity=False).hexdigest()
        self.key = f"{digest}-us19"
        self.token = md5(f"token:{seed}".encode(), usedforsecurity=False).hexdigest()
        self.account_id, self.account_name, self.timezone = digest[:25], "Invented Shop", "Europe/Berlin"
        self.list_id = digest[-10:]
        self.audiences = {self.list_id: Audience(self.list_id, "Customers", seed)}
        self.mailings = Mailings(seed)
        self.stores: dict[str, Store] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.witness = Witness()
        self.tired: set[str] = set()
        self.receiver: Receiver | None = None
        """Who is given webhooks' probes and deliveries; with None a webhook is made without a probe."""
        self.answered = 0
        self._people: dict[str, Any] = {}

    @property
    def audience(self) -> Audience:
        """The audience that `populate` fills."""
        return self.audiences[self.list_id]

    @property
    def mails_sent(self) -> list[str]:
        """Addresses that Mailchimp mailed a request to confirm, because an API call set `pending`."""
        return self.witness.mails_sent

    @property
    def subscribed_by_api(self) -> list[str]:
        """Addresses that a request asked to set to `subscribed`."""
        return self.witness.subscribed_by_api

    def now(self) -> str:
        """The present second as Mailchimp writes it."""
        return stamp(self.clock.now())

    def populate(self, world: World) -> None:
        with self.lock:
            self.timezone = world.timezone
            self.account_name = world.name
            population.populate(self.audience, self._people, world, self.now())
            for store in self.stores.values():
                shop.bring(store, world)

    def state(self) -> Any:
        return {
            "audiences": [audience.state() for audience in self.audiences.values()],
            "people": self._people,
            "answered": self.answered,
            "witness": asdict(self.witness),
            "mailings": self.mailings.state(),
            "batches": self.batches,
            "stores": self.stores,
            "account": [self.account_name, self.timezone],
        }

    def restore(self, state: Any) -> None:
        state = json.loads(json.dumps(state))  # two accounts share nothing
        self.audiences = {kept["id"]: Audience.of(kept) for kept in state["audiences"]}
        self._people, self.answered = state["people"], state["answered"]
        self.witness = Witness(**state["witness"])
        self.mailings, self.batches = Mailings.of(self.seed, state["mailings"]), state["batches"]
        self.stores = state["stores"]
        self.account_name, self.timezone = state["account"]

    # --- members --------------------------------------------------------------------------------------

    def unsubscribe(self, email: str, campaign: str | None = None, reason: str = "No longer interested") -> None:
        """The person clicks on the link, maybe that of a campaign: no API call can undo that."""
        self._happens(email, status="unsubscribed", by="person", unsubscribe_reason=reason)
        self._told("unsubscribe", email, {"[action]": "unsub", "[reason]": "manual"}, campaign)
        if campaign:
            row = {"email": email, "at": self.now(), "reason": reason}
            self.mailings.campaigns[campaign]["unsubscribes"].append(row)

    def complain(self, email: str, campaign: str) -> None:
        """The person calls a mail spam."""
        self._happens(email, status="unsubscribed", by="person", unsubscribe_reason="N/A (Abuse complaint)")
        self._told("unsubscribe", email, {"[action]": "unsub", "[reason]": "abuse"}, campaign)
        with self.lock:
            self.mailings.complain(campaign, self.list_id, email, self.now())

    def confirm(self, email: str) -> None:
        """The person clicks on the link in the request to confirm."""
        self._happens(email, status="subscribed", by=None, unsubscribe_reason="", timestamp_opt=self.now())
        self._told("subscribe", email, {})

    def bounce(self, email: str) -> None:
        """Mail came back for good."""
        self._happens(email, status="cleaned")
        told = {"[email]": email, "[list_id]": self.list_id, "[reason]": "hard", "[campaign_id]": ""}
        webhooks.note(self.audience, self.clock.now(), "cleaned", "user", told)

    def change_address(self, email: str, to: str) -> None:
        """The person gives another address on the profile page."""
        with self.lock:
            member = self._found(email)
            self.audience.rename(member, to)
            self.audience.touch(member, self.now())
        told = {"[list_id]": self.list_id, "[new_id]": member["contact_id"][:10], "[new_email]": to}
        webhooks.note(self.audience, self.clock.now(), "upemail", "user", {**told, "[old_email]": email})

    # --- shops and campaigns ------------------------------------------------------------------------------------

    def connect_store(self, world: World, name: str = "Shop") -> str:
        """A shop's integration is switched on: it sends all orders, and with every `populate` those that
        came; the store's id."""
        key = f"store{len(self.stores) + 1}"
        told = {"id": key, "list_id": self.list_id, "name": name, "currency_code": world.currency}
        self.stores[key] = {**told, "platform": "Invented", "orders": {}}
        shop.bring(self.stores[key], world)
        return key

    def send_campaign(self, title: str, emails: Sequence[str] | None = None) -> str:
        """A marketer sends a campaign, to all subscribed members where no addresses are given; its id."""
        with self.lock:
            members = self.audience.members.values()
            to = emails or [m["email_address"] for m in members if m["status"] == "subscribed"]
            given = {
                "status": "sent",
                "send_time": self.now(),
                "list_id": self.list_id,
                "settings": {"title": title, "subject_line": title},
                "deliveries": dict.fromkeys(to, "sent"),
            }
            return str(self.mailings.draft(given, self.now())["id"])

    def opens(self, campaign: str, email: str) -> None:
        """A recipient, or a machine, opens the mail."""
        self._event(campaign, email, "open")

    def clicks(self, campaign: str, email: str, url: str = "https://shop.example.test/") -> None:
        """A recipient clicks on a link."""
        self._event(campaign, email, "click", url=url)

    def returns(self, campaign: str, email: str, kind: str = "hard", late: float = LATE) -> None:
        """The mail comes back; the report shows that `late` seconds after it happened. A hard bounce ends
        the member."""
        self._event(campaign, email, "bounce", kind, late=late)
        if kind == "hard":
            self.bounce(email)

    def _event(
        self, campaign: str, email: str, action: str, kind: str = "", url: str = "", late: float = 0.0
    ) -> None:
        with self.lock:
            sent: Campaign = self.mailings.campaigns[campaign]
            visible = stamp(self.clock.now() + timedelta(seconds=late))
            told = {"email": email, "action": action, "type": kind, "at": self.now(), "visible": visible}
            sent["events"].append({**told, "url": url})

    def _happens(self, email: str, **to: Any) -> None:
        with self.lock:
            member = self._found(email)
            member.update(to)
            self.audience.touch(member, self.now())

    def _told(self, kind: str, email: str, more: dict[str, str], campaign: str | None = None) -> None:
        told = webhooks.about(self.audience, self._found(email)) | more
        if campaign:
            told["[campaign_id]"] = campaign
        webhooks.note(self.audience, self.clock.now(), kind, "user", told)

    def deliver(self) -> None:
        """Hand every webhook delivery that is due to the receiver."""
        with self.lock:
            webhooks.deliver(self)

    def _found(self, email: str) -> Member:
        member = self.audience.find(email)
        if member is None:
            raise KeyError(email)
        return member
