"""Who may call: the API key in Basic (any user) or Bearer, or an OAuth token, at the right data centre."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from regulars.testing import Answer, Asked

from regulars_mailchimp.sandbox.problems import Problem

if TYPE_CHECKING:
    from regulars_mailchimp.sandbox.platform import MailchimpSandbox

LOGIN = "/oauth2/"
DC = "us19"
_HOST = re.compile(r"(\w+)\.api\.mailchimp\.com")


def admit(asked: Asked, good: Collection[str]) -> None:
    """Raises the Problem of a missing, wrong or elsewhere valid key or token; `good` are the valid ones."""
    given = _key(asked.headers.get("authorization", ""))
    if not given:
        raise Problem(401, "API Key Missing", "Your request did not include an API key.")
    host = _HOST.match(asked.headers.get("host", ""))
    if given in good and host and host[1] != DC:
        raise Problem(403, "WrongDatacenter", "The API key provided is linked to a different data center.")
    if given not in good:
        raise Problem(
            401,
            "API Key Invalid",
            "Your API key may be invalid, or you've attempted to access the wrong datacenter.",
        )


def login(box: MailchimpSandbox, asked: Asked) -> Answer:
    """`login.mailchimp.com`: a code becomes a token, which never expires; a token tells its data centre.
    A wrong token is told with status 200."""
    if asked.path == f"{LOGIN}token" and asked.method == "POST":
        return _exchange(box, {name: values[-1] for name, values in parse_qs(asked.body.decode()).items()})
    if asked.path == f"{LOGIN}metadata":
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        if scheme not in ("OAuth", "Bearer") or token not in box.keys:
            return Answer.of({"error": "invalid_token"})
        return Answer.of(_metadata(box))
    return Answer.of({"error": "not_found"}, 404)


def _exchange(box: MailchimpSandbox, form: Mapping[str, str]) -> Answer:
    known = form.get("client_id") == "regulars" and form.get("code") == f"code-{box.seed}"
    if form.get("grant_type") != "authorization_code" or not form.get("redirect_uri") or not known:
        return Answer.of({"error": "invalid_grant"}, 400)
    return Answer.of({"access_token": box.token, "expires_in": 0, "scope": None})


def _metadata(box: MailchimpSandbox) -> dict[str, Any]:
    return {
        "dc": DC,
        "role": "owner",
        "accountname": box.account_name,
        "user_id": 1,
        "login": {"email": "owner@example.test", "login_id": 1, "login_name": "owner"},
        "login_url": "https://login.mailchimp.com",
        "api_endpoint": f"https://{DC}.api.mailchimp.com",
    }


def _key(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() in ("bearer", "oauth"):
        return value
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(value).decode().partition(":")[2]
    except ValueError:
        return ""
