"""Who we are on HubSpot, and whether the token can do what Regulars needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from regulars import AuthError, CheckReport, Finding, Http, PlatformError, Response, WrongAccountError

from regulars_hubspot.client import PAGE, HubSpot
from regulars_hubspot.fields import LIST_PREFIX
from regulars_hubspot.lists import Lists
from regulars_hubspot.models import rows_of
from regulars_hubspot.paths import API_VERSION, EVENTS
from regulars_hubspot.policy import Usage
from regulars_hubspot.refusals import ScopeError
from regulars_hubspot.settings import HubSpotSettings
from regulars_hubspot.wire import object_of

LOW = 5_000  # calls a day below which a night may not come through
OPTIONAL = {
    "companies": "crm.objects.companies.read",
    "orders": "crm.objects.orders.read",
    "events": "content",
}
"""What is read only where the account lets us, each with its scope."""


def check(settings: HubSpotSettings, http: Http) -> CheckReport:
    """Ask the account for its name and try every read. Writing cannot be tried without writing.

    Raises AuthError for a token that is not taken, WrongAccountError where it is another portal's.
    """
    client = HubSpot(settings, http)
    body = account_of(client.account(), settings)
    portal = str(body["portalId"])
    name = f"{str(body.get('accountType') or 'STANDARD').replace('_', ' ').capitalize()} portal {portal}"
    findings = (
        _kind(body),
        *_reads(client),
        *_extras(client, settings),
        _currencies(body),
        *_version(settings),
        _quota(client.wire.usage),
    )
    return CheckReport(portal, name, findings, body.get("companyCurrency"), body.get("timeZone"))


def account_of(answer: Response, settings: HubSpotSettings) -> Mapping[str, Any]:
    """The account as HubSpot describes it. Raises WrongAccountError where it is another than the settings say."""
    body = object_of(answer)
    if not body.get("portalId"):
        raise PlatformError("HubSpot did not say which portal this is", where=answer.url)
    portal = str(body["portalId"])
    if settings.portal not in (None, portal):
        raise WrongAccountError(
            f"the token belongs to portal {portal}, not {settings.portal}",
            where="HubSpot account",
            hint="Store the right portal's token, or correct the setting `portal`",
        )
    return body


def _kind(body: Mapping[str, Any]) -> Finding:
    kind = str(body.get("accountType") or "STANDARD")
    if kind == "STANDARD":
        return Finding("ok", "portal", f"a client's portal, hosted in {body.get('dataHostingLocation') or '?'}")
    return Finding("warning", "portal", f"{kind}: a portal for tests; see that it is the right one")


def _reads(client: HubSpot) -> Iterator[Finding]:
    """What Regulars cannot do without."""
    sample: list[Any] = []
    yield _tried(
        "contacts", lambda: sample.extend(client.page("contacts", None, ("email", "phone"), limit=PAGE)[0])
    )
    if sample:
        yield _personal(sample)
        yield _tried("history", lambda: client.total("contacts"), "{:,} contacts, all of which can be listed")
    yield _tried("properties", client.properties)
    yield _tried("lists", lambda: Lists(client.wire).find(LIST_PREFIX.split()[0]))


def _personal(sample: Sequence[Any]) -> Finding:
    mails = sum(row.get("email") is not None for row in rows_of(sample)[0])
    if mails:
        return Finding(
            "ok", "personal data", f"{mails} of the first {len(sample)} contacts show an e-mail address"
        )
    text = f"none of the first {len(sample)} contacts shows an e-mail address: see whether the token may read it"
    return Finding("warning", "personal data", text)


def _extras(client: HubSpot, settings: HubSpotSettings) -> Iterator[Finding]:
    """What is read where the account lets us."""
    wanted = ["companies", "events", *(["orders"] if settings.orders else [])]
    for about in wanted:
        try:
            _probe(client, about)
        except ScopeError:
            text = f"not read, for the token lacks {OPTIONAL[about]}; grant it if they are wanted"
            yield Finding("error" if about == "orders" else "ok", about, text)
        except AuthError as fault:
            yield Finding("error", about, str(fault))
        else:
            yield Finding("ok", about, "can be read")


def _probe(client: HubSpot, about: str) -> None:
    if about == "events":
        client.wire.send("GET", EVENTS, params={"limit": 1})
    else:
        client.page(about, None, (), limit=1)


def _tried(about: str, call: Callable[[], object], text: str = "can be read") -> Finding:
    try:
        found = call()
    except AuthError as fault:
        return Finding("error", about, str(fault))
    return Finding("ok", about, text.format(found))


def _currencies(body: Mapping[str, Any]) -> Finding:
    others = ", ".join(map(str, body.get("additionalCurrencies") or ()))
    home = body.get("companyCurrency") or "not set"
    if others:
        return Finding("ok", "currencies", f"{home}, also {others}; every amount is kept in its own")
    return Finding("ok", "currencies", f"{home} alone")


def _version(settings: HubSpotSettings) -> Iterator[Finding]:
    if settings.api != API_VERSION:
        text = f"{settings.api} ends in September 2027; remove api from the connection to use {API_VERSION}"
        yield Finding("warning", "api", text)


def _quota(usage: Usage | None) -> Finding:
    if usage is None:
        return Finding("ok", "quota", "HubSpot does not tell an OAuth app how many calls are left today")
    text = f"{usage.left:,} of {usage.daily:,} calls left today, for all integrations of the account together"
    if usage.left >= LOW:
        return Finding("ok", "quota", text)
    return Finding("warning", "quota", f"{text}; a night may not come through before the portal's midnight")
