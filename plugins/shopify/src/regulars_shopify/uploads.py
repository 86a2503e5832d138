"""Putting a file where a bulk mutation finds it.

(shopify.dev, "Import data with the GraphQL Admin API".) The file goes to another host, which wants all of
the ticket's parameters first and the file last, and must never see the shop's token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from regulars import Http, PlatformError

from regulars_shopify.endpoint import Endpoint

LARGEST = 100_000_000  # bytes
_POINTS = 11
_BOUNDARY = "regulars-4c1d6f0b8e2a4d7f"


def upload(endpoint: Endpoint, content: bytes) -> str:
    """The path of a file that now lies there. A ticket or a file too many harms nobody, so that both are
    asked for like reads. Raises PlatformError where it cannot be put there."""
    data = endpoint.ask("stage_upload", {"input": [_TICKET]}, _POINTS)
    try:
        (target,) = data["stagedUploadsCreate"]["stagedTargets"]
        parameters = {told["name"]: told["value"] for told in target["parameters"]}
        url, path = str(target["url"]), str(parameters["key"])
    except (KeyError, TypeError, ValueError):
        raise PlatformError("Shopify gives no place for a file", where="shopify", hint="Try again later") from None
    _put(endpoint.http, url, parameters, content)
    return path


_TICKET: Mapping[str, Any] = {
    "resource": "BULK_MUTATION_VARIABLES",
    "filename": "changes.jsonl",
    "mimeType": "text/jsonl",
    "httpMethod": "POST",
}


def _put(http: Http, url: str, parameters: Mapping[str, str], content: bytes) -> None:
    for name in ("policy", "x-goog-signature"):
        if name in parameters:
            http.conceal(parameters[name])  # they open the place to anybody
    body = _form(list(parameters.items()), content)
    headers = {"content-type": f"multipart/form-data; boundary={_BOUNDARY}"}
    http.request("POST", url, content=body, headers=headers, reads=True, bucket="files")


def _form(fields: Sequence[tuple[str, str]], content: bytes) -> bytes:
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields
    ]
    disposition = 'Content-Disposition: form-data; name="file"; filename="changes.jsonl"'
    parts.append(f"--{_BOUNDARY}\r\n{disposition}\r\nContent-Type: text/jsonl\r\n\r\n")
    return "".join(parts).encode() + content + f"\r\n--{_BOUNDARY}--\r\n".encode()
