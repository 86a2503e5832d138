"""Rows to replay: the simulated platform's own answer to the product's own first requests, once, with
marks where a later row differs. So they hold what the connectors ask for, whatever that is today.

The rows of that answer are repeated block by block. Marks: `@N@` the number of the block (inside every id
and address), `@H@` its hour (inside the time of change: a block's changes fill an hour).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from regulars.clock import SimulatedClock
from regulars.http import Http
from regulars.plugins import load
from regulars.secret import Redactor
from regulars.testing import Asked, Sandbox

from benchmarks.connectors.reads import Read
from benchmarks.connectors.wire import END, Seen, Wire, filled, settings_of

PEOPLE = 2000
FIRST = datetime(2025, 1, 1, tzinfo=UTC)
HOUR = 3600
_GID = re.compile(r"(gid://shopify/\w+/)(\d+)")
_QUERY = re.compile(rb'"query (\w+)')


@dataclass(frozen=True)
class Template:
    """A block of rows with their marks, what stands around them (`@ROWS@`; `@X@` the token of the next
    page, `@T@` how many rows there are) on a page and on the last one, the answers to what is asked
    before, and what other clients need to ask the same (`endpoints.endpoint`)."""

    rows: Sequence[bytes]
    page: bytes
    last: bytes
    headers: bytes
    before: Mapping[tuple[str, bytes], bytes]
    access: Mapping[str, Any]

    def render(self, start: int, count: int, of: int) -> bytes:
        """A page of `count` rows from number `start` on, where there are `of`."""
        end, size, parts = min(start + count, of), len(self.rows), []
        at = start
        while at < end:
            block, first = divmod(at, size)
            upto = min(size, first + end - at)
            hour = (FIRST + timedelta(hours=block)).strftime("%Y-%m-%dT%H").encode()
            part = b",".join(self.rows[first:upto])
            parts.append(part.replace(b"@N@", b"%d" % (block + 1)).replace(b"@H@", hour))
            at += upto - first
        around = self.page if end < of else self.last
        around = around.replace(b"@X@", b"%d" % end).replace(
            b"@T@", b"%d" % max(0, of - start if not parts else of)
        )
        return around.replace(b"@ROWS@", b",".join(parts))

    def place(self, instant: datetime, *, after: bool) -> int:
        """The number of the first row that changed at an instant or later (`after`: later)."""
        seconds = (instant - FIRST).total_seconds()
        block, second = int(seconds // HOUR), seconds % HOUR
        inside = (n for n in range(len(self.rows)) if (_second(n, len(self.rows)) >= second + after))
        return max(0, block * len(self.rows) + next(inside, len(self.rows)))


def asked_for(path: str, body: bytes) -> tuple[str, bytes]:
    """What a request is about: where it goes, and the name of its query."""
    found = _QUERY.search(body)
    return path.strip("/"), found[1] if found else b""


def template(read: Read) -> Template:
    """Ask the simulated platform as the connector asks it, and mark its answer."""
    connector, clock = load().connectors[read.plugin], SimulatedClock(END)
    sandbox = filled(connector, clock, PEOPLE)
    seen = first_page(read, sandbox, clock)
    # More than one page may be on its way when the first is read.
    about = asked_for(seen[-1][0].path, seen[-1][0].body)
    asked, answer = next(one for one in seen if asked_for(one[0].path, one[0].body) == about)
    before = {asked_for(one.path, one.body): reply.body for one, reply in seen}
    del before[about]
    rows, page, last = _MARK[read.plugin](json.loads(answer.body))
    headers = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
    return Template(
        [_text(row) for row in rows],
        _text(page),
        _text(last),
        headers.encode(),
        before,
        access(asked, sandbox) | {"page": len(rows)},
    )


def first_page(read: Read, sandbox: Sandbox, clock: SimulatedClock) -> Seen:
    """All that the connector asks until it has the first page, with the answers."""
    connector = load().connectors[read.plugin]
    settings, wire = settings_of(connector, sandbox.credentials()), Wire(sandbox)
    http = Http(connector.policy(settings), clock=clock, redactor=Redactor(), transport=wire)
    assert connector.source is not None
    next(iter(connector.source(settings, http, ()).pages(read.stream, read.cursor)))
    return wire.seen


def access(asked: Asked, sandbox: Sandbox) -> dict[str, Any]:
    """What another client needs to ask the same."""
    names = {"authorization": "Authorization", "x-shopify-access-token": "X-Shopify-Access-Token"}
    return {
        "path": asked.path.strip("/"),
        "json": json.loads(asked.body) if b'"query"' in asked.body else None,
        "params": {name: value for name, value in asked.query if name in ("fields", "properties")},
        "headers": {names[name]: value for name, value in asked.headers.items() if name in names},
        "credentials": dict(sandbox.credentials()),
    }


Marked = tuple[list[Any], Any, Any]


def _hubspot(body: Any) -> Marked:
    rows = body["results"]
    for number, row in enumerate(rows):
        held = row["properties"]
        row["id"] = held["hs_object_id"] = f"@N@{number:06d}"
        row["updatedAt"] = held["lastmodifieddate"] = f"{_moment(number, len(rows))}.000Z"
        held["email"] = held["email"] and f"@N@.{held['email']}"
    around = ({"total": "@T@"} if "total" in body else {}) | {"results": "@ROWS@"}
    return rows, around | {"paging": {"next": {"after": "@X@", "link": "?after=@X@"}}}, around


def _mailchimp(body: Any) -> Marked:
    rows = body["members"]
    for number, row in enumerate(rows):
        row["id"], row["contact_id"] = f"@N@{row['id'][:24]}", f"@N@{row['contact_id'][:24]}"
        row["last_changed"] = f"{_moment(number, len(rows))}+00:00"
        row["email_address"] = f"@N@.{row['email_address']}"
    around = body | {"members": "@ROWS@", "total_items": "@T@"}
    return rows, around, around


def _shopify(body: Any) -> Marked:
    body = json.loads(_GID.sub(r"\1@N@\2", json.dumps(body).replace("@example", ".@N@@example")))
    (listing,) = body["data"].values()
    rows = listing["nodes"]
    for number, node in enumerate(rows):
        node["updatedAt"] = f"{_moment(number, len(rows))}Z"
    listing |= {"nodes": "@ROWS@", "pageInfo": {"hasNextPage": True, "endCursor": "@X@"}}
    last = json.loads(json.dumps(body))
    next(iter(last["data"].values()))["pageInfo"]["hasNextPage"] = False
    return rows, body, last


_MARK = {"hubspot": _hubspot, "mailchimp": _mailchimp, "shopify": _shopify}


def _second(number: int, of: int) -> int:
    return number * HOUR // of


def _moment(number: int, of: int) -> str:
    minute, second = divmod(_second(number, of), 60)
    return f"@H@:{minute:02d}:{second:02d}"


def _text(body: Any) -> bytes:
    text = json.dumps(body, separators=(",", ":"))
    return text.replace('"@T@"', "@T@").replace('"@ROWS@"', "[@ROWS@]").encode()
