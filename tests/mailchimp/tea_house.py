"""An invented shop, and a program that asks its Mailchimp in process."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from regulars import SimulatedClock, Source
from regulars.journal import Journal, runs
from regulars.sync import Landing, merge_pending, read_stream
from regulars.testing import Answer, Asked, World, WorldPerson
from regulars.warehouse import Warehouse
from regulars_mailchimp.sandbox import MailchimpSandbox

START = datetime(2026, 3, 1, 9, 0, 0, tzinfo=UTC)


def world_of(*people: WorldPerson) -> World:
    return World("Tea House", "EUR", "Europe/Berlin", "DE", list(people))


@dataclass
class Api:
    """Asks the sandbox as any program would, in process."""

    box: MailchimpSandbox

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        token = base64.b64encode(f"anyone:{self.box.key}".encode()).decode()
        given = {"authorization": f"Basic {token}"} if headers is None else headers
        asked = Asked(
            method,
            f"/3.0/{path}",
            tuple((k, str(v)) for k, v in (query or {}).items()),
            given,
            b"" if body is None else json.dumps(body).encode(),
            path,
        )
        return self.box.handle(asked)

    def get(self, path: str, **query: Any) -> Any:
        return json.loads(self.ask("GET", path, query=query).body)

    def send(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        answer = self.ask(method, path, body, query)
        return answer.status, json.loads(answer.body) if answer.body else None

    @property
    def members(self) -> str:
        return f"lists/{self.box.list_id}/members"


def read(source, stream, cursor=None):
    """(rows by kind and id, the last cursor, the rejected ones)."""
    rows, rejected = {}, []
    for page in source.pages(stream, cursor):
        cursor = page.cursor or cursor
        rejected += page.rejected
        for kind, found in page.rows.items():
            rows.setdefault(kind, {}).update({row["id"]: row for row in found})
    return rows, cursor, rejected


@contextmanager
def landed(place: Path, clock: SimulatedClock) -> Iterator[Landing]:
    """A journal and a warehouse at `place`, to read into."""
    journal = Journal.open(place / "journal.db", clock)
    with journal.lease() as lease:
        yield Landing(journal, lease, runs.start(journal, lease, "night").id, Warehouse(place))
    journal.close()


def night(landing: Landing, source: Source, stream: str) -> None:
    """Read a stream on and merge what came into the warehouse, under the connection `mail`."""
    read_stream(landing, "mail", stream, source)
    merge_pending(landing.journal, landing.lease, landing.warehouse)
