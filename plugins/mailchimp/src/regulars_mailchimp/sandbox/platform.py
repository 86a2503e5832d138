"""The simulated Mailchimp account as a whole: its door, its memory, and what its people do."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import md5
from typing import Any, Literal

from regulars import Clock
from regulars.testing import Answer, Asked, Sandbox, World

from regulars_mailchimp.sandbox import access, population, routes
from regulars_mailchimp.sandbox.audience import Audience, Member
from regulars_mailchimp.sandbox.members import Witness
from regulars_mailchimp.sandbox.paging import chosen, stamp
from regulars_mailchimp.sandbox.problems import Problem

_VERSION = "/3.0"
_CONNECTIONS = 10


class MailchimpSandbox(Sandbox):
    """A Mailchimp account with one audience.

    Knobs: `revoked` (the key is valid no more), `merge_field_limit` (what the plan allows),
    `tags_move_last_changed` (whether a tag moves `last_changed`; nobody says, so that the careful
    answer is no), `connections_elsewhere` (how many of the account's ten connections others hold),
    `overload` (how the eleventh is refused). `witness.mails_sent` and `witness.subscribed_by_api` tell
    what API calls made Mailchimp do to people; `most_in_flight` how many requests were open at once.
    """

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        super().__init__(clock, seed)
        digest = md5(f"mailchimp:{seed}".encode(), usedforsecurity=False).hexdigest()
        self.key = f"{digest}-us19"
        self.account_id, self.account_name, self.timezone = digest[:25], "Invented Shop", "Europe/Berlin"
        self.list_id = digest[-10:]
        self.base = "https://us19.api.mailchimp.com/3.0"
        self.audiences = {self.list_id: Audience(self.list_id, "Customers", seed)}
        self.witness = Witness()
        self.revoked = False
        self.merge_field_limit = 30
        self.tags_move_last_changed = False
        self.connections_elsewhere = 0
        self.overload: Literal["429", "429 without a body", "403 without a body"] = "429"
        self.in_flight = self.most_in_flight = 0
        self._door = threading.Lock()
        self._people: dict[str, Any] = {}
        self._answered = 0

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

    def handle(self, asked: Asked) -> Answer:
        """One connection more; above ten the account refuses before it looks at anything."""
        with self._door:
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            full = self.in_flight + self.connections_elsewhere > _CONNECTIONS
        try:
            return self._crowded() if full else super().handle(asked)
        finally:
            with self._door:
                self.in_flight -= 1

    def respond(self, asked: Asked) -> Answer:
        """Answer one request; a refusal is a problem document."""
        self._answered += 1
        request_id = self._request_id()
        try:
            access.admit(asked, "" if self.revoked else self.key)
            if asked.path != _VERSION and not asked.path.startswith(_VERSION + "/"):
                raise Problem(404, "Resource Not Found", "The requested resource could not be found.")
            status, body = routes.reply(self, asked, asked.path[len(_VERSION) :].strip("/"))
        except Problem as problem:
            return self._refusal(problem, request_id)
        if status == 204:
            return Answer(204, b"", {"x-request-id": request_id})
        if asked.method == "GET":
            body = chosen(asked, body)
        return self._json(body, status, request_id)

    def populate(self, world: World) -> None:
        with self.lock:
            self.timezone = world.timezone
            self.account_name = world.name
            population.populate(self.audience, self._people, world, self.now())

    def credentials(self) -> Mapping[str, str]:
        return {"key": self.key, "audience": self.list_id}

    def state(self) -> Any:
        return {
            "audiences": [audience.state() for audience in self.audiences.values()],
            "people": self._people,
            "answered": self._answered,
            "witness": asdict(self.witness),
            "account": [self.account_name, self.timezone],
        }

    def restore(self, state: Any) -> None:
        state = json.loads(json.dumps(state))  # two accounts share nothing
        self.audiences = {kept["id"]: Audience.of(kept) for kept in state["audiences"]}
        self._people, self._answered = state["people"], state["answered"]
        self.witness = Witness(**state["witness"])
        self.account_name, self.timezone = state["account"]

    # --- what people and time do, beside the API ---------------------------------------------------

    def unsubscribe(self, email: str) -> None:
        """The person clicks on the link: no API call can undo that."""
        self._happens(email, status="unsubscribed", by="person", unsubscribe_reason="No longer interested")

    def confirm(self, email: str) -> None:
        """The person clicks on the link in the request to confirm."""
        self._happens(email, status="subscribed", by=None, unsubscribe_reason="", timestamp_opt=self.now())

    def bounce(self, email: str) -> None:
        """Mail came back for good."""
        self._happens(email, status="cleaned")

    def _happens(self, email: str, **to: Any) -> None:
        with self.lock:
            member: Member | None = self.audience.find(email)
            if member is None:
                raise KeyError(email)
            member.update(to)
            self.audience.touch(member, self.now())

    # --- answers ------------------------------------------------------------------------------------

    def _crowded(self) -> Answer:
        if self.overload != "429":
            return Answer(int(self.overload[:3]), b"", {"content-type": "text/html"})
        detail = f"You have exceeded the limit of {_CONNECTIONS} simultaneous connections."
        return self._refusal(Problem(429, "Too Many Requests", detail), self._request_id())

    def _refusal(self, problem: Problem, request_id: str) -> Answer:
        answer = self._json(problem.document(request_id), problem.status, request_id)
        answer.headers["content-type"] = "application/problem+json; charset=utf-8"
        if problem.allow:
            answer.headers["allow"] = problem.allow
        return answer

    @staticmethod
    def _json(body: Any, status: int, request_id: str) -> Answer:
        answer = Answer.of(body, status)
        answer.headers |= {
            "content-type": "application/json; charset=utf-8",
            "x-request-id": request_id,
            "link": '<https://us19.api.mailchimp.com/schema/3.0/>; rel="describedBy"',
        }
        return answer

    def _request_id(self) -> str:
        digest = md5(f"{self.seed}:{self._answered}".encode(), usedforsecurity=False).hexdigest()
        return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:]))
