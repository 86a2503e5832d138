"""Lists without a steady order: read whole, in pages, each row once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from regulars import PlatformError

from regulars_mailchimp.client import PAGE, MailchimpClient

PASSES = 5
"""How often a list is read through until everything that `total_items` promises was seen."""


class Gathering:
    """A list below `path`, whose rows stand under `name` and are known by `key`. `whole` says, once it was
    read, whether all promised rows came."""

    def __init__(self, client: MailchimpClient, path: str, name: str, key: str, asked: str, **limits: str) -> None:
        self._client, self._path, self._name, self._key, self._limits = client, path, name, key, limits
        self._fields = ",".join(["total_items", *(f"{name}.{one}" for one in asked.split(","))])
        self._seen: set[Any] = set()
        self.whole = False

    def pages(self) -> Iterator[list[dict[str, Any]]]:
        """Rows not seen before, in pages. Raises PlatformError for an answer without rows."""
        for _ in range(PASSES):
            before, offset, full, total = len(self._seen), 0, True, 0
            while full:
                rows, total = self._read(offset)
                fresh = {row.get(self._key): row for row in rows if row.get(self._key) not in self._seen}
                self._seen |= fresh.keys()
                if fresh:
                    yield list(fresh.values())
                full, offset = len(rows) == PAGE, offset + PAGE
            self.whole = len(self._seen) >= total
            if self.whole or len(self._seen) == before:
                return

    def _read(self, offset: int) -> tuple[list[dict[str, Any]], int]:
        body = self._client.get(self._path, count=PAGE, offset=offset, fields=self._fields, **self._limits)
        rows = body.get(self._name)
        if not isinstance(rows, list):
            raise PlatformError(f"the answer has no {self._name}", where=self._path, hint="Try again later")
        return rows, int(body.get("total_items") or 0)
