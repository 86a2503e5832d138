"""The simulated Mailchimp as a caller meets it: its door, its key, its answers."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import md5
from typing import Any, Literal

from regulars import Clock
from regulars.testing import Answer, Asked, Dropped

from regulars_mailchimp.sandbox import (
    access,
    campaigns,
    interests,
    operations,
    people,
    reports,
    routes,
    routing,
    segments,
    shop,
    webhooks,
)
from regulars_mailchimp.sandbox.access import DC
from regulars_mailchimp.sandbox.account import Account
from regulars_mailchimp.sandbox.paging import chosen
from regulars_mailchimp.sandbox.problems import Problem

ROUTES = (campaigns, interests, operations, people, reports, routes, segments, shop, webhooks)
"""The modules whose routes there are; importing them registered these."""

_VERSION = "/3.0"
_CONNECTIONS = 10
_HANG = timedelta(seconds=120)


class MailchimpSandbox(Account):
    """A Mailchimp account with one audience.

    Knobs: `way_in` ("key" or "oauth": what `credentials()` gives), `revoked` (the key is valid no more),
    `merge_field_limit` (what the plan allows), `tags_move_last_changed` (whether a tag moves `last_changed`;
    nobody says, so that the careful answer is no), `connections_elsewhere` (how many of the account's ten
    connections others hold; until `elsewhere_until`, None for ever), `overload` (how the eleventh is refused),
    `unsteady_rows` (reports' rows turn from request to request), `batch_seconds` (how long a batch takes),
    `batches_elsewhere` (unfinished ones of others), `tired` (addresses that signed up to too many lists lately).
    `token` is an OAuth token as good as the key. `witness.mails_sent` and `witness.subscribed_by_api`
    tell what API calls made Mailchimp do to people; `most_in_flight` how many requests were open at once.
    """

    ways_in = ("key", "oauth")

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        super().__init__(clock, seed)
        self.base = "https://us19.api.mailchimp.com/3.0"
        self.revoked = False
        self.merge_field_limit = 30
        self.tags_move_last_changed = False
        self.unsteady_rows = True
        self.way_in: Literal["key", "oauth"] = "key"
        self.connections_elsewhere = 0
        self.elsewhere_until: datetime | None = None
        self.overload: Literal["429", "429 without a body", "403 without a body"] = "429"
        self.batch_seconds = 10.0
        self.batches_elsewhere = 0
        self.in_flight = self.most_in_flight = 0
        self._given_up: list[datetime] = []
        self._hanging: list[list[Any]] = []
        self._door = threading.Lock()

    def credentials(self) -> Mapping[str, str]:
        if self.way_in == "oauth":
            return {"key": self.token, "data_centre": DC, "audience": self.list_id}
        return {"key": self.key, "audience": self.list_id}

    @property
    def keys(self) -> tuple[str, ...]:
        """What opens the account."""
        return () if self.revoked else (self.key, self.token)

    def handle(self, asked: Asked) -> Answer:
        """One connection more; above ten the account refuses before it looks at anything."""
        now = self.clock.now()
        with self._door:
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            self._given_up = [until for until in self._given_up if until > now]
            over = self.elsewhere_until is not None and now >= self.elsewhere_until
            others = 0 if over else self.connections_elsewhere
            full = self.in_flight + len(self._given_up) + others > _CONNECTIONS
        try:
            if full:
                return self._crowded()
            answer = super().handle(asked)
            if self._hangs(asked):
                self._given_up.append(now + _HANG)
                raise Dropped
            return answer
        finally:
            with self._door:
                self.in_flight -= 1

    def hang(self, match: str, times: int = 1) -> None:
        """Let the next requests that hold `match` in "METHOD target" be carried out and never be answered.
        Each keeps one of the ten connections for two minutes, though the client gave up on it."""
        self._hanging.append([match, times])

    def _hangs(self, asked: Asked) -> bool:
        with self._door:
            for rule in self._hanging:
                if rule[1] > 0 and rule[0] in f"{asked.method} {asked.target}":
                    rule[1] -= 1
                    return True
        return False

    def respond(self, asked: Asked) -> Answer:
        """Answer one request; a refusal is a problem document."""
        self.answered += 1
        request_id = self._request_id()
        operations.work_off(self)
        if asked.path.startswith(operations.RESULTS):
            return operations.download(self, asked)
        if asked.path.startswith(access.LOGIN):
            return access.login(self, asked)
        try:
            access.admit(asked, self.keys)
            if asked.path != _VERSION and not asked.path.startswith(_VERSION + "/"):
                raise Problem(404, "Resource Not Found", "The requested resource could not be found.")
            status, body = routing.reply(self, asked, asked.path[len(_VERSION) :].strip("/"))
        except Problem as problem:
            return self._refusal(problem, request_id)
        if status == 204:
            return Answer(204, b"", {"x-request-id": request_id})
        if asked.method == "GET":
            body = chosen(asked, body)
        return self._json(body, status, request_id)

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
        digest = md5(f"{self.seed}:{self.answered}".encode(), usedforsecurity=False).hexdigest()
        return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:]))
