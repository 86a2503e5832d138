"""One mutation for thousands of records: a file of variables, an operation, a file of results.

An operation that is completed has said nothing yet: each line has its own answer, in no order, and what
has none is unknown. The mutation's name holds a digest of its file, so that an operation whose beginning
was not confirmed, or that a killed process left behind, is found again and not begun twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any

from regulars import PlatformError, QuotaError, UnknownOutcomeError

from regulars_shopify import cost
from regulars_shopify.bulk import Bulk, Failed, Gone
from regulars_shopify.client import document
from regulars_shopify.endpoint import Done, Endpoint, UserError, done
from regulars_shopify.replies import Operation
from regulars_shopify.uploads import LARGEST, upload

_BUSY = ("OPERATION_IN_PROGRESS", "LIMIT_REACHED")
_RUNNING = ("CREATED", "RUNNING")
_CROWDED, _PAUSE = timedelta(hours=1), 30.0
_PART = 4_000_000
_NAME = re.compile(r"^mutation (\w+)")
_LIST = cost.connection(25)


class BulkChanges:
    """Bulk mutations of one shop."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint, self._clock = endpoint, endpoint.http.clock
        self._bulk = Bulk(endpoint.client, self._clock)

    def run(self, name: str, variables: Sequence[Mapping[str, Any]]) -> list[Done | None]:
        """Do the mutation `name` once for each set of variables; an answer for each, None where nobody knows.

        Raises UnknownOutcomeError where nobody knows of any, QuotaError where no place is free for an hour.
        """
        if not variables:
            return []
        content = "".join(json.dumps(told, separators=(",", ":")) + "\n" for told in variables).encode()
        if len(content) > LARGEST:
            half = len(variables) // 2
            return self.run(name, variables[:half]) + self.run(name, variables[half:])
        mutation = _named(document(name), content)
        operation = self._finished(self._started(mutation, content))
        answers: list[Done | None] = [None] * len(variables)
        for at, answer in self._answers(operation):
            if at < len(answers):
                answers[at] = answer
        return answers

    def _started(self, mutation: str, content: bytes) -> str:
        """The operation's id: one for the same file that is running already, or a new one. One for the same
        file that has ended long since is another matter: values may have changed in between."""
        before = self._begun(mutation)
        if running := next((one for one, status in before.items() if status in _RUNNING), None):
            return running
        path, begun = upload(self._endpoint, content), self._clock.now()
        while True:
            try:
                told = self._endpoint.change("bulk_change", {"mutation": mutation, "path": path})
            except UnknownOutcomeError:
                if new := next((one for one in self._begun(mutation) if one not in before), None):
                    return new
                raise
            if not told.errors:
                return str(told.payload["bulkOperation"]["id"])
            error = told.errors[0]
            if error.code not in _BUSY:
                raise PlatformError(f"Shopify refuses a bulk mutation: {error.message}", where="shopify")
            if self._clock.now() - begun > _CROWDED:
                what = "five other bulk mutations have been running for an hour"
                raise QuotaError(what, where="shopify", hint="Apply again later", retry_after=1800.0)
            self._clock.sleep(_PAUSE)

    def _begun(self, mutation: str) -> dict[str, str]:
        """Id and status of the latest operations for this file."""
        try:
            nodes = self._endpoint.ask("bulk_changing", {}, _LIST)["bulkOperations"]["nodes"]
        except (KeyError, TypeError):
            raise PlatformError("bulk operations cannot be understood", where="shopify") from None
        return {str(node["id"]): str(node["status"]) for node in nodes if node["query"] == mutation}

    def _finished(self, operation: str) -> Operation:
        try:
            return self._bulk.wait(operation)
        except (Failed, Gone) as fault:
            raise UnknownOutcomeError(f"a bulk mutation broke off ({fault})", where=operation) from None

    def _answers(self, operation: Operation) -> Iterator[tuple[int, Done]]:
        for line in self._lines(operation):
            told = json.loads(line)
            if (data := told.get("data")) and all(data.values()):
                (payload,) = data.values()
                yield int(told["__lineNumber"]), done(payload)
            elif told.get("errors"):
                message = str(told["errors"][0].get("message", "no reason given"))
                yield int(told["__lineNumber"]), Done({}, [UserError(message)])

    def _lines(self, operation: Operation) -> Iterator[bytes]:
        url, size, at, rest = operation["url"], int(operation["fileSize"] or 0), 0, b""
        while url is not None and at < size:
            part = self._endpoint.client.part(url, at, min(at + _PART, size) - 1)
            if not part:
                raise UnknownOutcomeError(
                    "the results of a bulk mutation are not to be had", where=operation["id"]
                )
            at += len(part)
            *lines, rest = (rest + part).split(b"\n")
            yield from lines
        if rest:
            yield rest


def _named(text: str, content: bytes) -> str:
    return _NAME.sub(lambda match: f"{match[0]}_{sha256(content).hexdigest()[:24]}", text, count=1)
