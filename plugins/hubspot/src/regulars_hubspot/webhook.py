"""Is a call that says it comes from HubSpot really from HubSpot?

Source: HubSpot's "Validating requests". Version 3: base64 of HMAC-SHA256 over method, URL, body and
timestamp, keyed with the app's client secret; a call older than five minutes is refused. Versions 1 and
2 are plain SHA-256 in hex. Service keys have no webhooks: this serves an OAuth or project app.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from regulars import AuthError, Secret

_WHERE = "HubSpot webhook"
OLDEST = timedelta(minutes=5)
_DECODED = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'",
    "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip
_ESCAPE = re.compile("|".join(_DECODED), re.IGNORECASE)


def verify(secret: Secret, method: str, url: str, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Raise AuthError unless HubSpot signed this call less than five minutes ago.

    `secret` is the app's client secret; `url` the full public https URL that HubSpot called, also where a
    proxy stands before us; `body` the raw bytes, before anything parsed them; `now` aware. Version 3 is
    used where its header is there; else version 2 or 1, which say nothing of the age.
    """
    given = {name.lower(): value for name, value in headers.items()}
    if sent := given.get("x-hubspot-signature-v3"):
        timestamp = given.get("x-hubspot-request-timestamp", "")
        _refuse_old(timestamp, now)
        wanted = signature_v3(secret, method, url, body, timestamp)
    elif sent := given.get("x-hubspot-signature"):
        second = given.get("x-hubspot-signature-version", "v1").lower() == "v2"
        wanted = signature_v2(secret, method, url, body) if second else signature_v1(secret, body)
    else:
        raise AuthError("the call has no signature", where=_WHERE, hint="Refuse it")
    if not hmac.compare_digest(wanted.encode(), sent.encode()):
        raise AuthError(
            "the signature is not HubSpot's",
            where=_WHERE,
            hint="Refuse the call; see that the client secret is right",
        )


def signature_v3(secret: Secret, method: str, url: str, body: bytes, timestamp: str) -> str:
    """`X-HubSpot-Signature-v3`. `timestamp` is the header's text, untouched: a number read as one changes it."""
    decoded = _ESCAPE.sub(lambda found: _DECODED[found[0].upper()], url)
    text = method.upper().encode() + decoded.encode() + body + timestamp.encode()
    return base64.b64encode(hmac.new(secret.reveal().encode(), text, hashlib.sha256).digest()).decode()


def signature_v2(secret: Secret, method: str, url: str, body: bytes) -> str:
    """`X-HubSpot-Signature` of version 2."""
    return hashlib.sha256(secret.reveal().encode() + method.upper().encode() + url.encode() + body).hexdigest()


def signature_v1(secret: Secret, body: bytes) -> str:
    """`X-HubSpot-Signature` of version 1, which CRM events still carry."""
    return hashlib.sha256(secret.reveal().encode() + body).hexdigest()


def _refuse_old(timestamp: str, now: datetime) -> None:
    if not re.fullmatch(r"\d{1,16}", timestamp):
        raise AuthError("the call does not say when it was signed", where=_WHERE, hint="Refuse it")
    age = now.timestamp() - int(timestamp) / 1000
    if abs(age) > OLDEST.total_seconds():
        what = f"the call was signed {age:,.0f} s ago, at most 300 s are taken"
        raise AuthError(what, where=_WHERE, hint="Refuse it")
