"""Who may call: the API key in Basic (any user) or Bearer, at the right data centre."""

from __future__ import annotations

import re
from base64 import b64decode

from regulars.testing import Asked

from regulars_mailchimp.sandbox.problems import Problem

_HOST = re.compile(r"(\w+)\.api\.mailchimp\.com")


def admit(asked: Asked, key: str) -> None:
    """Raises the Problem of a missing, wrong or elsewhere valid key."""
    given = _key(asked.headers.get("authorization", ""))
    if not given:
        raise Problem(401, "API Key Missing", "Your request did not include an API key.")
    dc = key.rpartition("-")[2]
    host = _HOST.match(asked.headers.get("host", ""))
    if given == key and host and host[1] != dc:
        raise Problem(403, "WrongDatacenter", "The API key provided is linked to a different data center.")
    if given != key:
        raise Problem(
            401,
            "API Key Invalid",
            "Your API key may be invalid, or you've attempted to access the wrong datacenter.",
        )


def _key(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(value).decode().partition(":")[2]
    except ValueError:
        return ""
