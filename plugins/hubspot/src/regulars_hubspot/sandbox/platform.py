"""The simulated HubSpot: authentication, limits and the way to whoever answers."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from urllib.parse import unquote

from regulars import Clock
from regulars.testing import Answer, Asked, Sandbox, World

from regulars_hubspot.sandbox import account_routes, association_routes, list_routes, object_routes, schema_routes
from regulars_hubspot.sandbox.kinds import KINDS, NAMED
from regulars_hubspot.sandbox.limits import Limits
from regulars_hubspot.sandbox.oauth import OAuth
from regulars_hubspot.sandbox.people import People
from regulars_hubspot.sandbox.portal import Call, Portal, Route
from regulars_hubspot.sandbox.problem import Body, Problem

SCOPES = frozenset(
    f"crm.{area}.{act}"
    for area in (*(f"{a}.{kind.name}" for a in ("objects", "schemas") for kind in KINDS), "lists")
    for act in ("read", "write")
) | {"content", "oauth"}
LONGEST_TARGET = 8_000  # characters of path and query; beyond it the real edge answers 414
_KIND = "(?P<kind>{})".format("|".join(sorted(map(re.escape, NAMED), key=len, reverse=True)))
_DATED = "20[0-9]{2}-[0-9]{2}"


def _area(pattern: str, routes: Sequence[Route]) -> tuple[re.Pattern[str], Sequence[Route]]:
    return re.compile(rf"{pattern}(?P<tail>(?:/.*)?)", re.IGNORECASE), routes


_AREAS = (
    _area(
        rf"/crm/(?:v4/objects|objects/{_DATED}|v3/objects)/{_KIND}(?=/[^/]+/associations)",
        association_routes.OF_RECORD,
    ),
    _area(rf"/crm/(?:v3/objects|objects/{_DATED})/{_KIND}", object_routes.ROUTES),
    _area(rf"/crm/(?:v4/associations|associations/{_DATED})/{_KIND}", association_routes.BATCHES),
    _area(rf"/crm/(?:v3/properties|properties/{_DATED})/{_KIND}", schema_routes.ROUTES),
    _area(rf"/crm/(?:v3/lists|lists/{_DATED})", list_routes.ROUTES),
    _area("/email/public/v1", account_routes.EVENTS),
)


class HubSpotSandbox(Sandbox):
    """One portal. Free to change: `way_in` ("token" or "oauth": what `credentials()` gives), `token`,
    `scopes`, `revoked`, `expires_at`, `gateway_errors` (so many writes are done but answered 502), `limits`,
    `index.lag` and `.spread` (seconds that search is behind), `index.result_cap`, `portal.contacts.rules`,
    `portal.contacts.keep_primary_id`, `portal.sparse_email_upsert`, `portal.webhooks`.

    To look at: `contacts` (id -> row with `properties`), `portal.objects["companies"].rows`, `lists`,
    `schema`, `events`, `forbidden` (requests that touched what Regulars must never touch),
    `marketing_contacts` (those that HubSpot bills).
    """

    ways_in = ("token", "oauth")

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        super().__init__(clock, seed)
        self.portal_id = 7_000_000 + seed
        self.name, self.currency, self.timezone = "sandbox", "EUR", "Europe/Vienna"
        self.additional_currencies: list[str] = []
        self.account_type = "STANDARD"
        self.way_in: Literal["token", "oauth"] = "token"
        self.token = f"pat-eu1-sandbox-{seed:08d}"
        self.oauth = OAuth(seed, self.portal_id)
        self.client_id, self.client_secret = self.oauth.client_id, self.oauth.client_secret
        self.refresh_token = self.oauth.refresh_token
        self.scopes = set(SCOPES)
        self.revoked = False
        self.expires_at: datetime | None = None
        self.gateway_errors = 0
        self.limits = Limits()
        self.portal = Portal(clock, self.portal_id)
        self.index, self.lists, self.schema = self.portal.index, self.portal.lists, self.portal.schema
        self.events = self.portal.events
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
        searching = asked.path.endswith("/search") and "/objects" in asked.path
        by_app = False
        try:
            if asked.path.startswith("/oauth/"):
                answer = self._authorised(asked)
            else:
                by_app = self._admit(asked)
                refused = self.limits.refusal(self.clock.now(), searching, correlation)
                answer = refused or self._routed(asked)
        except Problem as problem:
            answer = problem.answer(correlation)
        answer.headers |= self.limits.headers(searching, by_app) | {"X-HubSpot-Correlation-Id": correlation}
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
            "oauth": self.oauth.state(),
        }

    def restore(self, state: Any) -> None:
        self.portal.restore(state["portal"])
        self.people.contact, self.people.said = state["contact_of"], state["said"]
        self.name, self.currency, self.timezone = state["account"]
        self.oauth.restore(state["oauth"])

    def credentials(self) -> Mapping[str, str]:
        if self.way_in == "token":
            return {"token": self.token}
        app = self.oauth
        return {
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "token": app.refresh_token,
        }

    def _admit(self, asked: Asked) -> bool:
        """Whether an OAuth app asks. Raises 401 for everybody who may not."""
        if len(asked.target) > LONGEST_TARGET:
            raise Problem(414, "URI_TOO_LONG", "The URL is too long")
        kind, _, sent = asked.headers.get("authorization", "").partition(" ")
        now = self.clock.now()
        over = self.oauth.ended(sent, now)
        if over is None and sent == self.token and self.expires_at is not None:
            over = (now - self.expires_at).total_seconds()
        known = sent == self.token or self.oauth.ended(sent, now) is not None
        if kind != "Bearer" or not known or self.revoked:
            text = "Authentication credentials not found. This API supports OAuth 2.0 authentication"
            raise Problem(401, "INVALID_AUTHENTICATION", text)
        if over is not None and over >= 0:
            text = f"The OAuth token used to make this call expired {int(over)} second(s) ago."
            raise Problem(401, "EXPIRED_AUTHENTICATION", text)
        return sent != self.token

    def _authorised(self, asked: Asked) -> Answer:
        """The OAuth endpoints, which need no token."""
        now, scopes = self.clock.now(), sorted(self.scopes)
        if found := re.fullmatch(rf"/oauth/(v1|v3|{_DATED})/token", asked.path):
            return self.oauth.answer(asked, found[1], scopes, now)
        if (found := re.fullmatch(r"/oauth/v1/access-tokens/(.+)", asked.path)) and asked.method == "GET":
            return Answer.of(self.oauth.told(found[1], scopes, now))
        raise Problem(404, "NOT_FOUND", f"No route for {asked.path}")

    def _routed(self, asked: Asked) -> Answer:
        if re.fullmatch(rf"/account-info/(v3|{_DATED})/details", asked.path):
            return Answer.of(self._account())
        if re.fullmatch(rf"/account-info/(v3|{_DATED})/api-usage/daily(/private-apps)?", asked.path):
            return Answer.of({"results": [self._usage()]})
        if asked.path.startswith("/communication-preferences/"):
            self.portal.touched(f"{asked.method} {asked.path}")
        for pattern, routes in _AREAS:
            if found := pattern.fullmatch(asked.path):
                kind = NAMED[found["kind"].lower()] if "kind" in pattern.groupindex else KINDS[0]
                dated = re.search(rf"/{_DATED}(/|$)", asked.path) is not None
                call = Call(self.portal, asked, dated, kind)
                return self._called(call, routes, found["tail"].removesuffix("/"))
        raise Problem(404, "NOT_FOUND", f"No route for {asked.path}")

    def _called(self, call: Call, routes: Sequence[Route], tail: str) -> Answer:
        for route in routes:
            found = re.fullmatch(route.pattern, tail)
            if route.method != call.asked.method or not found:
                continue
            scopes = [scope.format(call.kind.name) for scope in route.scopes]
            self._allow(scopes)
            answer = route.answer(call, *map(unquote, found.groups()))
            if self.gateway_errors and any(scope.endswith(".write") for scope in scopes):
                self.gateway_errors -= 1
                return Answer(502, b"<html>bad gateway</html>", {"content-type": "text/html"})
            return answer
        raise Problem(405, "METHOD_NOT_ALLOWED", f"{call.asked.method} is not allowed here")

    def _allow(self, needed: Sequence[str]) -> None:
        if lacking := [scope for scope in needed if scope not in self.scopes]:
            text = "This app hasn't been granted all required scopes to make this call."
            context = {"requiredGranularScopes": lacking}
            nested = [{"message": "One or more of the following scopes are required.", "context": context}]
            raise Problem(403, "MISSING_SCOPES", text, errors=nested)

    def _account(self) -> Body:
        return {
            "portalId": self.portal_id,
            "accountType": self.account_type,
            "timeZone": self.timezone,
            "companyCurrency": self.currency,
            "additionalCurrencies": self.additional_currencies,
            "utcOffset": "+00:00",
            "utcOffsetMilliseconds": 0,
            "uiDomain": "app-eu1.hubspot.com",
            "dataHostingLocation": "eu1",
        }

    def _usage(self) -> Body:
        return {
            "name": "api-calls-daily",
            "usageLimit": self.limits.daily,
            "currentUsage": self.limits.used_today,
            "collectedAt": self.clock.now().isoformat(),
            "fetchStatus": "SUCCESS",
            "resetsAt": self.clock.now().isoformat(),
        }
