"""Bulk operations of the simulated shop: their states over time, and their files on another host.

A file may be had for seven days, by its signed address alone: a request that brings the shop's access
token along is refused there (and noted in `leaks`), as no shop's token has any business on that host.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from regulars.testing import Answer, Asked

if TYPE_CHECKING:
    from regulars_shopify.sandbox.shop import ShopifySandbox

FILES = "/shopify-tiers-assets-prod-us-east1/bulk-operation-outputs/"
STORAGE = "storage.googleapis.com"
_KEPT = 604_800  # seconds
_LONGEST = 10 * 86_400  # seconds a query may run
_FIRST_NUMBER = 8_001_977_000_000


@dataclass
class Operation:
    """A bulk operation. `seconds` is how long it runs; `error` is the code with which it then fails;
    `ended` is when somebody cancelled it."""

    number: int
    type: str  # QUERY or MUTATION
    query: str
    created: int
    seconds: int
    result: bytes = b""
    objects: int = 0
    roots: int = 0
    error: str | None = None
    ended: int | None = None

    @property
    def id(self) -> int:
        """The id on the platform."""
        return _FIRST_NUMBER + self.number


class Operations:
    """All bulk operations of the app on the shop. `pace` is in lines a second; `failures` are error codes
    for the operations to come, in order; `partial` lets a failed one offer what it had by then."""

    def __init__(self, shop: ShopifySandbox) -> None:
        self._shop = shop
        self.all: list[Operation] = []
        self.pace, self.failures, self.partial = 5000, list[str](), True
        self.leaks: list[str] = []
        """Requests that brought the shop's token to the file host."""

    def start(self, type: str, query: str, result: bytes, objects: int, roots: int) -> Operation:
        """Begin an operation whose result is known already, and shown when its time has come."""
        error = self.failures.pop(0) if self.failures else None
        seconds = 1 + objects // self.pace
        made = Operation(
            len(self.all) + 1, type, query, self._shop.now(), seconds, result, objects, roots, error or None
        )
        self.all.append(made)
        return made

    def crowded(self, type: str) -> list[Operation]:
        """The running operations of a type, where there are as many as may run at a time."""
        most = 5 if self._shop.served >= "2026-01" else 1
        running = [one for one in self.all if one.type == type and self.status(one) in ("CREATED", "RUNNING")]
        return running if len(running) >= most else []

    def find(self, id: int) -> Operation | None:
        """An operation by its id."""
        return next((one for one in self.all if one.id == id), None)

    def cancel(self, gid: str) -> Mapping[str, Any]:
        """bulkOperationCancel: what has ended stays as it is."""
        one = self._shop.thing(gid)
        if not isinstance(one, Operation):
            return {"bulkOperation": None, "userErrors": [_refusal("Bulk operation does not exist")]}
        if (status := self.status(one)) not in ("CREATED", "RUNNING"):
            what = f"A bulk operation cannot be canceled when it is {status.lower()}"
            return {"bulkOperation": one, "userErrors": [_refusal(what)]}
        one.ended = self._shop.now()
        return {"bulkOperation": one, "userErrors": []}

    def status(self, one: Operation) -> str:
        """What it is at now."""
        gone = self._shop.now() - one.created
        if one.ended is not None:
            return "CANCELING" if self._shop.now() <= one.ended else "CANCELED"
        if gone < 1:
            return "CREATED"
        if gone >= one.seconds:
            return "FAILED" if one.error else "COMPLETED"
        return "EXPIRED" if gone > _LONGEST else "RUNNING"

    def completed(self, one: Operation) -> int | None:
        """When it was completed, to the second."""
        return one.created + one.seconds if self.status(one) == "COMPLETED" else None

    def progress(self, one: Operation, of: int) -> str:
        """How many of its lines it has come to, as text."""
        until = one.ended if one.ended is not None else self._shop.now()
        gone = until - one.created
        return str(
            of if gone >= one.seconds and not one.error else of * min(gone, one.seconds) // (one.seconds + 1)
        )

    def url(self, one: Operation) -> str | None:
        """Where its file lies; None where there is none, also where nothing was found."""
        at = self.completed(one)
        return self._signed(one, at) if at is not None and one.result else None

    def partial_url(self, one: Operation) -> str | None:
        """Where a failed operation left what it had."""
        failed = self.status(one) == "FAILED" and self.partial and one.objects > 1
        return self._signed(one, one.created + one.seconds) if failed else None

    def download(self, asked: Asked) -> Answer:
        """A file, or a part of it, as the storage host gives it."""
        if leaked := [h for h in ("x-shopify-access-token", "authorization") if h in asked.headers]:
            self.leaks.append(f"{asked.path}: {leaked[0]}")
            return _xml(400, "InvalidArgument", "Invalid argument.")
        one = self.find(int(asked.path.removeprefix(FILES).partition("-")[0] or 0))
        if one is None:
            return _xml(404, "NoSuchKey", "The specified key does not exist.")
        expires = int(asked.param("Expires", "0"))
        if asked.param("Signature") != self._signature(one, expires):
            return _xml(403, "SignatureDoesNotMatch", "Access denied.")
        if expires < self._shop.now():
            return _xml(400, "ExpiredToken", "Invalid argument.")
        return _part(self._content(one), asked.headers.get("range", ""))

    def _content(self, one: Operation) -> bytes:
        if not one.error:
            return one.result
        lines = one.result.splitlines(keepends=True)
        return b"".join(lines[: len(lines) // 2])

    def _signed(self, one: Operation, at: int) -> str:
        host = self._shop.asked_host
        expires = at + _KEPT
        base = f"http://{host}" if host.startswith(("127.", "localhost")) else f"https://{STORAGE}"
        signed = f"Expires={expires}&Signature={self._signature(one, expires)}"
        return f"{base}{FILES}{one.id}-result?{signed}"

    def _signature(self, one: Operation, expires: int) -> str:
        return sha256(f"{self._shop.client_secret}{one.id}{expires}".encode()).hexdigest()[:32]

    def state(self) -> Any:
        """Everything, as JSON-able data."""
        packed = [
            asdict(one) | {"result": base64.b64encode(zlib.compress(one.result)).decode()} for one in self.all
        ]
        return {"operations": packed, "pace": self.pace, "failures": self.failures, "partial": self.partial}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Become what `state` gave."""
        unpacked = [
            one | {"result": zlib.decompress(base64.b64decode(one["result"]))} for one in state["operations"]
        ]
        self.all = TypeAdapter(list[Operation]).validate_python(unpacked)
        self.pace, self.failures, self.partial = state["pace"], list(state["failures"]), state["partial"]


def _refusal(message: str, field: list[str] | None = None) -> dict[str, Any]:
    return {"field": field or ["id"], "message": message}


def _part(content: bytes, wanted: str) -> Answer:
    """The whole, or the bytes that a Range header names."""
    headers = {"content-type": "application/jsonl", "accept-ranges": "bytes"}
    if not wanted.startswith("bytes="):
        return Answer(200, content, headers)
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    begin, end = int(first), min(int(last or len(content) - 1), len(content) - 1)
    if begin >= len(content):
        return Answer(416, b"", {"content-range": f"bytes */{len(content)}"})
    return Answer(
        206, content[begin : end + 1], {**headers, "content-range": f"bytes {begin}-{end}/{len(content)}"}
    )


def _xml(status: int, code: str, message: str) -> Answer:
    body = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Answer(status, body.encode(), {"content-type": "application/xml; charset=UTF-8"})
