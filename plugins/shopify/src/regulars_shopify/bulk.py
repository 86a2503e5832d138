"""Bulk operations: started once, waited for by their own id, their file read in parts.

(shopify.dev, "Perform bulk operations with the GraphQL Admin API".) The file lies on another host,
which must never see the shop's token. What a failed operation leaves behind is a part and is not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from regulars import AuthError, Clock, PlatformError, QuotaError, UnknownOutcomeError

from regulars_shopify.client import ShopifyClient
from regulars_shopify.replies import Operation
from regulars_shopify.spool import Spool

PART = 4_000_000
_POLLS = (1, 2, 4, 8, 15, 30)  # seconds between looks, the last for ever after
_PATIENCE = timedelta(hours=6)
_CROWDED = timedelta(hours=1)
_LATELY = timedelta(days=1)
_RUNNING = ("CREATED", "RUNNING")
_BUSY = ("OPERATION_IN_PROGRESS", "LIMIT_REACHED")


class Failed(Exception):
    """The operation failed in itself; less may go well."""


class Gone(Exception):
    """There is nothing to be had from the operation any more: it must be started anew."""


class Bulk:
    """The bulk operations of one shop. `part` is how many bytes of a file are in memory at once."""

    def __init__(self, client: ShopifyClient, clock: Clock, part: int = PART) -> None:
        self._client, self._clock, self._part = client, clock, part

    def start(self, query: str) -> tuple[str, datetime]:
        """Id and beginning of an operation for this query: one that runs already, or a new one.

        A process that was killed may have left one running whose id nobody noted. Raises QuotaError
        where no place is free for an hour, PlatformError where the query is refused.
        """
        begun, wait = self._clock.now(), 30.0
        while True:
            if running := self._running(query):
                return running
            try:
                operation, refusals = self._client.bulk_run(query)
            except UnknownOutcomeError:
                if running := self._running(query):
                    return running
                raise
            if operation:
                return operation["id"], operation["createdAt"]
            if not any(refusal["code"] in _BUSY for refusal in refusals):
                why = refusals[0]["message"] if refusals else "no reason given"
                raise PlatformError(f"Shopify refuses the bulk query: {why}", hint="Update the Shopify plugin")
            if self._clock.now() - begun > _CROWDED:
                what = "five other bulk operations have been running for an hour"
                raise QuotaError(what, where="shopify", hint="Try again later", retry_after=1800.0)
            self._clock.sleep(wait)

    def wait(self, id: str) -> Operation:
        """The operation once it is completed. Raises Failed, Gone, AuthError; PlatformError after hours."""
        begun = self._clock.now()
        for pause in _pauses():
            operation = self._client.bulk_poll(id)
            status = operation["status"] if operation else "EXPIRED"
            if operation and status == "COMPLETED":
                return operation
            if operation and operation["errorCode"] == "ACCESS_DENIED":
                raise AuthError(
                    "Shopify denied access to a bulk query", hint="`regulars check` says what is missing"
                )
            if status == "FAILED":
                raise Failed(operation["errorCode"] if operation else "")
            if status not in _RUNNING:
                raise Gone(status)
            if self._clock.now() - begun > _PATIENCE:
                break
            self._clock.sleep(pause)
        raise PlatformError("Shopify is still running a bulk query", hint="The next run goes on waiting for it")

    def fill(self, operation: Operation, spool: Spool) -> None:
        """Put all lines of a completed operation into the spool. Raises Gone where the file is no longer
        there, PlatformError where it is not what the operation counted."""
        for lines in self._lines(operation):
            spool.add(lines)
        told = int(operation["objectCount"]), int(operation["rootObjectCount"])
        if (spool.lines, spool.roots) != told:
            what = f"a bulk result has {spool.lines} lines, {spool.roots} of them roots; Shopify counted"
            raise PlatformError(
                f"{what} {told[0]} and {told[1]}",
                where="Shopify bulk result",
                hint="Nothing of it was stored; the next run reads it again",
            )

    def _running(self, query: str) -> tuple[str, datetime] | None:
        """An operation of ours for the same query that began lately."""
        since = self._clock.now() - _LATELY
        for one in self._client.bulk_running():
            if one["query"] == query and one["status"] in _RUNNING and one["createdAt"] >= since:
                return one["id"], one["createdAt"]
        return None

    def _lines(self, operation: Operation) -> Iterator[list[bytes]]:
        url, size = operation["url"], int(operation["fileSize"] or 0)
        if url is None:  # completed, and nothing was found
            return
        at, rest = 0, b""
        while at < size:
            body = self._client.part(url, at, min(at + self._part, size) - 1)
            if body is None:
                raise Gone("its file")
            if not body:
                raise PlatformError(
                    "a bulk result is shorter than Shopify says", hint="The next run reads it again"
                )
            at += len(body)
            *lines, rest = (rest + body).split(b"\n")
            yield lines
        if rest:
            yield [rest]


def _pauses() -> Iterator[float]:
    yield from _POLLS
    while True:
        yield _POLLS[-1]
