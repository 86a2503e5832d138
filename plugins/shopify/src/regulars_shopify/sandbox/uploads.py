"""Files for bulk mutations: tickets, the host that takes the files, and the mutations that read them."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from regulars.testing import Answer, Asked

from regulars_shopify.policy import STAGING, UPLOADS
from regulars_shopify.sandbox.faults import Refused
from regulars_shopify.sandbox.language import Document, SyntaxFault, parse

if TYPE_CHECKING:
    from regulars_shopify.sandbox.shop import ShopifySandbox

_KEPT, _LARGEST = 604_800, 100 * 1024 * 1024
_ALLOWED = ("metafieldsSet", "tagsAdd", "tagsRemove", "customerUpdate", "customerEmailMarketingConsentUpdate")
_PART = re.compile(rb'name="([^"]*)"')
_GONE = (
    "The JSONL file could not be found. Try uploading the file again, and check that you've entered the URL"
    " correctly for the stagedUploadPath mutation argument."
)


class Uploads:
    """Tickets by path, with the second in which they end, and the files that were put there."""

    def __init__(self, shop: ShopifySandbox) -> None:
        self._shop = shop
        self.tickets: dict[str, int] = {}
        self.files: dict[str, bytes] = {}
        self.largest = _LARGEST

    def state(self) -> dict[str, Any]:
        """As JSON-able data."""
        return {"tickets": self.tickets, "files": {path: body.decode() for path, body in self.files.items()}}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Become what `state` gave."""
        self.tickets = dict(state["tickets"])
        self.files = {path: text.encode() for path, text in state["files"].items()}

    def stage(self, inputs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """stagedUploadsCreate."""
        return {"stagedTargets": [self._ticket(told) for told in inputs], "userErrors": []}

    def take(self, asked: Asked) -> Answer:
        """The staging host: all parameters of a ticket, then the file, and nothing after it."""
        if leaked := [h for h in ("x-shopify-access-token", "authorization") if h in asked.headers]:
            self._shop.operations.leaks.append(f"{asked.path}: {leaked[0]}")
            return _xml(400, "InvalidArgument", "Invalid argument.")
        parts = list(_parts(asked))
        fields = {name: content.decode(errors="replace") for name, content in parts if name != "file"}
        path = fields.get("key", "")
        if not parts or parts[-1][0] != "file" or len(fields) != len(parts) - 1:
            return _xml(400, "InvalidArgument", "The file must be the last of the form's fields.")
        if fields.get("policy") != self._policy(path) or self.tickets.get(path, 0) < self._shop.now():
            return _xml(403, "AccessDenied", "Access denied.")
        self.files[path] = parts[-1][1]
        key = f"<Bucket>shopify-staged-uploads</Bucket><Key>{path}</Key>"
        body = f"<?xml version='1.0' encoding='UTF-8'?><PostResponse>{key}</PostResponse>"
        return Answer(201, body.encode(), {"content-type": "application/xml; charset=UTF-8"})

    def run(self, mutation: str, path: str, client: str | None) -> Mapping[str, Any]:
        """bulkOperationRunMutation. What it does is done at its beginning (half of it, where it is to fail),
        and told when its time has come."""
        if error := self._refusal(mutation, path, client):
            return {"bulkOperation": None, "userErrors": [error]}
        lines = self.files[path].decode().splitlines()
        if self._shop.operations.failures:
            lines = lines[: len(lines) // 2]
        answers = [self._line(parse(mutation), at, line) for at, line in enumerate(lines)]
        random.Random(self._shop.seed).shuffle(answers)
        result = "".join(f"{answer}\n" for answer in answers).encode()
        made = self._shop.operations.start("MUTATION", mutation, result, len(answers), len(answers))
        return {"bulkOperation": made, "userErrors": []}

    def _line(self, document: Document, at: int, line: str) -> str:
        from regulars_shopify.sandbox.execution import Plan

        told: dict[str, Any]
        try:
            plan = Plan(document, document.operations[0], json.loads(line), self._shop)
            told = {"errors": plan.denied} if plan.denied else {"data": plan.run()}
        except Refused as refusal:
            told = {"errors": [refusal.error]}
        text = json.dumps({**told, "__lineNumber": at}, separators=(",", ":"))
        return text.replace("/", "\\/")

    def _ticket(self, told: Mapping[str, Any]) -> dict[str, Any]:
        path = f"tmp/{self._shop.seed}/bulk/{len(self.tickets):08d}/{told['filename']}"
        self.tickets[path] = self._shop.now() + _KEPT
        host = self._shop.asked_host
        url = f"http://{host}{UPLOADS}" if host.startswith(("127.", "localhost")) else f"https://{STAGING}/"
        named = {
            "Content-Type": told["mimeType"],
            "success_action_status": "201",
            "acl": "private",
            "key": path,
            "policy": self._policy(path),
        }
        parameters = [{"name": name, "value": value} for name, value in named.items()]
        return {"url": url, "resourceUrl": url, "parameters": parameters}

    def _policy(self, path: str) -> str:
        return f"policy-{self._shop.seed}-{len(path)}-{path.rsplit('/', 2)[-2] if path.count('/') > 1 else ''}"

    def _refusal(self, mutation: str, path: str, client: str | None) -> dict[str, Any] | None:
        if client is not None and not 10 <= len(client) <= 255:
            long = "long (maximum is 255" if len(client) > 255 else "short (minimum is 10"
            return _error(f"is too {long} characters)", "INVALID_MUTATION", ["clientIdentifier"])
        if error := _mutation_wrong(mutation):
            return error
        if running := self._shop.operations.crowded("MUTATION"):
            ids = ", ".join(f"gid://shopify/BulkOperation/{one.id}" for one in running)
            what = f"A bulk mutation operation for this app and shop is already in progress: {ids}."
            return _error(what, "OPERATION_IN_PROGRESS")
        if path not in self.files:
            return _error(_GONE, "NO_SUCH_FILE")
        if not self.files[path].strip():
            return _error("The input file is empty.", "INVALID_STAGED_UPLOAD_FILE")
        if len(self.files[path]) > self.largest:
            what = "The input file size exceeds the maximum allowed size of 100 MB."
            return _error(what, "INVALID_STAGED_UPLOAD_FILE")
        return None


def _mutation_wrong(text: str) -> dict[str, Any] | None:
    try:
        operation = parse(text).operations[0]
    except SyntaxFault as fault:
        return _error(f"Failed to parse the mutation - {fault}", "INVALID_MUTATION")
    if operation.kind != "mutation":
        what = "Invalid operation type. Only `mutation` operations are supported."
        return _error(what, "INVALID_MUTATION")
    if len(operation.inside) != 1:
        return _error("You must specify a single top level mutation.", None, ["mutation"])
    if operation.inside[0].name not in _ALLOWED:
        return _error("You must use an allowed mutation name.", None, ["mutation"])
    return None


def _error(message: str, code: str | None, field: list[str] | None = None) -> dict[str, Any]:
    return {"field": field, "message": message, "code": code}


def _parts(asked: Asked) -> Iterator[tuple[str, bytes]]:
    """Fields of a multipart form in their order."""
    boundary = asked.headers.get("content-type", "").partition("boundary=")[2].encode()
    for part in asked.body.split(b"--" + boundary)[1:-1] if boundary else ():
        head, _, content = part.partition(b"\r\n\r\n")
        if match := _PART.search(head):
            yield match[1].decode(), content.removesuffix(b"\r\n")


def _xml(status: int, code: str, message: str) -> Answer:
    body = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Answer(status, body.encode(), {"content-type": "application/xml; charset=UTF-8"})
