"""Who we are on HubSpot, and whether the token can do what Regulars needs."""

from __future__ import annotations

from collections.abc import Callable

from regulars import AuthError, CheckReport, Finding, Http, PlatformError, WrongAccountError

from regulars_hubspot.client import HubSpot
from regulars_hubspot.fields import LIST_PREFIX
from regulars_hubspot.lists import Lists
from regulars_hubspot.settings import HubSpotSettings

LOW = 5_000  # calls a day below which a night may not come through


def check(settings: HubSpotSettings, http: Http) -> CheckReport:
    """Ask the account for its name and try every read. Writing cannot be tried without writing.

    Raises AuthError for a token that is not taken, WrongAccountError where it is another portal's.
    """
    client = HubSpot(settings, http)
    answer = client.account()
    body = answer.json()
    if not isinstance(body, dict) or not body.get("portalId"):
        raise PlatformError("HubSpot did not say which portal this is", where=answer.url)
    portal = str(body["portalId"])
    if settings.portal not in (None, portal):
        raise WrongAccountError(
            f"the token belongs to portal {portal}, not {settings.portal}", hint="Store the right portal's token"
        )
    findings = (
        _quota(client.wire.usage.left if client.wire.usage else None),
        _tried("contacts", lambda: client.page("contacts", None, (), limit=1)),
        _tried("properties", client.properties),
        _tried("lists", lambda: Lists(client.wire).find(LIST_PREFIX.split()[0])),
    )
    name = f"{body.get('accountType', 'STANDARD').replace('_', ' ').capitalize()} portal {portal}"
    return CheckReport(portal, name, findings, body.get("companyCurrency"), body.get("timeZone"))


def _tried(about: str, call: Callable[[], object]) -> Finding:
    try:
        call()
    except AuthError as fault:
        return Finding("error", about, str(fault))
    return Finding("ok", about, "can be read")


def _quota(left: int | None) -> Finding:
    if left is None:
        return Finding("ok", "quota", "HubSpot does not tell this token how many calls are left today")
    return Finding("warning" if left < LOW else "ok", "quota", f"{left} calls left today for the whole account")
