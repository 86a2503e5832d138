"""The simulated HubSpot: authentication, limits and the way to whoever answers."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from regulars import Clock
from regulars.testing import Answer, Asked, Sandbox, World

from regulars_hubspot.sandbox import list_routes, object_routes, schema_routes
from regulars_hubspot.sandbox.limits import Limits
from regulars_hubspot.sandbox.people import People
from regulars_hubspot.sandbox.portal import Call, Portal, Route
from regulars_hubspot.sandbox.problem import Body, Problem

SCOPES = frozenset(
    f"crm.{area}.{act}" for area in ("objects.contacts", "schemas.contacts", "lists") for act in ("read", "write")
)
LONGEST_TARGET = 8_000  # characters of path and query; beyond it the real edge answers 414
_CONTACT = "(?:contacts?|CONTACTS?|0-1)"
_AREAS: tuple[tuple[re.Pattern[str], tuple[Route, ...]], ...] = tuple(
    (re.compile(rf"/crm/(?:v3/{area}|{area}/2026-09){kind}(?P<tail>(?:/.*)?)"), routes)
    for area, kind, routes in (
        ("objects", f"/{_CONTACT}", object_routes.ROUTES),
        ("properties", f"/{_CONTACT}", schema_routes.ROUTES),
        ("lists", "", list_routes.ROUTES),
    )
)


class HubSpotSandbox(Sandbox):
    """One portal. Free to change: `token`, `scopes`, `revoked`, `expires_at`, `gateway_errors` (so many
    writes are done but answered 502), `limits`, `index.lag`, `index.result_cap`,
    `portal.contacts.required`, `portal.contacts.keep_primary_id`.

    To look at: `contacts` (id -> row with `properties`), `lists`, `schema`, `forbidden` (requests that
    touched what Regulars must never touch), `marketing_contacts` (those that HubSpot bills).
    """

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        super().__init__(clock, seed)
        self.portal_id = 7_000_000 + seed
        self.name, self.currency, self.timezone = "sandbox", "EUR", "Europe/Vienna"
        self.token = f"pat-eu1-sandbox-{seed:08d}"
        self.scopes = set(SCOPES)
        self.revoked = False
        self.expires_at: datetime | None = None
        self.gateway_errors = 0
        self.limits = Limits()
        self.portal = Portal(clock)
        self.index, self.lists, self.schema = self.portal.index, self.portal.lists, self.portal.schema
        self.people = People(self.portal)
        self._answers = 0

    @property
    def contacts(self) -> dict[str, Body]:
        """Rows by id, archived ones too; `row["properties"]` holds what is not empty."""
        return self.portal.contacts.rows

    @property
    def forbidden(self) -> list[str]:
        """Requests that touched what must never be touched, in words."""
        return self.portal.forbidden

    @property
    def marketing_contacts(self) -> int:
        """Contacts that HubSpot bills for."""
        rows = self.contacts.values()
        return sum(row["properties"].get("hs_marketable_status") == "true" for row in rows)

    def respond(self, asked: Asked) -> Answer:
        self._answers += 1
        correlation = str(uuid.UUID(int=(self.seed << 64) | self._answers))
        searching = asked.path.endswith("/contacts/search")
        try:
            self._admit(asked)
            refused = self.limits.refusal(self.clock.now(), searching, correlation)
            answer = refused or self._routed(asked)
        except Problem as problem:
            answer = problem.answer(correlation)
        answer.headers |= self.limits.headers(searching) | {"X-HubSpot-Correlation-Id": correlation}
        return answer

    def populate(self, world: World) -> None:
        with self.lock:
            self.name, self.currency, self.timezone = world.name, world.currency, world.timezone
            self.people.populate(world)

    def state(self) -> Any:
        return {
            "portal": self.portal.state(),
            "contact_of": self.people.contact,
            "said": self.people.said,
            "account": [self.name, self.currency, self.timezone],
        }

    def restore(self, state: Any) -> None:
        self.portal.restore(state["portal"])
        self.people.contact, self.people.said = state["contact_of"], state["said"]
        self.name, self.currency, self.timezone = state["account"]

    def credentials(self) -> Mapping[str, str]:
        return {"token": self.token}

    def _admit(self, asked: Asked) -> None:
        if len(asked.target) > LONGEST_TARGET:
            raise Problem(414, "URI_TOO_LONG", "The URL is too long")
        sent = asked.headers.get("authorization", "")
        if not sent.startswith("Bearer ") or sent.removeprefix("Bearer ") != self.token or self.revoked:
            text = "Authentication credentials not found. This API supports OAuth 2.0 authentication"
            raise Problem(401, "INVALID_AUTHENTICATION", text)
        if self.expires_at is not None and self.clock.now() >= self.expires_at:
            gone = int((self.clock.now() - self.expires_at).total_seconds())
            text = f"The OAuth token used to make this call expired {gone} second(s) ago."
            raise Problem(401, "EXPIRED_AUTHENTICATION", text)

    def _routed(self, asked: Asked) -> Answer:
        if re.fullmatch(r"/account-info/(v3|2026-09)/details", asked.path):
            return Answer.of(self._account())
        if asked.path.startswith("/communication-preferences/"):
            self.portal.touched(f"{asked.method} {asked.path}")
        for pattern, routes in _AREAS:
            if found := pattern.fullmatch(asked.path):
                return self._called(asked, routes, found["tail"].removesuffix("/"))
        raise Problem(404, "NOT_FOUND", f"No route for {asked.path}")

    def _called(self, asked: Asked, routes: tuple[Route, ...], tail: str) -> Answer:
        for route in routes:
            found = re.fullmatch(route.pattern, tail)
            if route.method != asked.method or not found:
                continue
            self._allow(route.scopes)
            answer = route.answer(Call(self.portal, asked, "/2026-09" in asked.path), *found.groups())
            if self.gateway_errors and any(scope.endswith(".write") for scope in route.scopes):
                self.gateway_errors -= 1
                return Answer(502, b"<html>bad gateway</html>", {"content-type": "text/html"})
            return answer
        raise Problem(405, "METHOD_NOT_ALLOWED", f"{asked.method} is not allowed here")

    def _allow(self, needed: tuple[str, ...]) -> None:
        if lacking := [scope for scope in needed if scope not in self.scopes]:
            text = "This app hasn't been granted all required scopes to make this call."
            context = {"requiredGranularScopes": lacking}
            nested = [{"message": "One or more of the following scopes are required.", "context": context}]
            raise Problem(403, "MISSING_SCOPES", text, errors=nested)

    def _account(self) -> Body:
        return {
            "portalId": self.portal_id,
            "accountType": "STANDARD",
            "timeZone": self.timezone,
            "companyCurrency": self.currency,
            "additionalCurrencies": [],
            "utcOffset": "+00:00",
            "utcOffsetMilliseconds": 0,
            "uiDomain": "app-eu1.hubspot.com",
            "dataHostingLocation": "eu1",
        }
