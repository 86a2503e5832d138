"""Pages to replay: the simulated platform's own answers to the product's own first requests, once, with
marks where a later page differs. So they hold what the connectors ask for, whatever that is today.

Marks: `@N@` the page's number (inside every id and address), `@H@` its hour (inside the time of change),
`@X@` the token of the next page, `@T@` how many rows there are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
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
_GID = re.compile(r"(gid://shopify/\w+/)(\d+)")


@dataclass(frozen=True)
class Template:
    """A read's page with its marks, the last one, the answers to what is asked before (by path), and what
    other clients need to ask the same (`endpoints.endpoint`)."""

    page: bytes
    last: bytes
    headers: bytes
    before: Mapping[str, bytes]
    access: Mapping[str, Any]

    def render(self, number: int, rows: int, of: int) -> bytes:
        """Page `number` (from 0) where there are `rows`, `of` a page; beyond them the empty last one."""
        pages = -(-rows // of)
        text = self.page if number + 1 < pages else self.last
        if number >= pages:
            return b'{"members":[],"total_items":0}'
        hour = (FIRST + timedelta(hours=number)).strftime("%Y-%m-%dT%H").encode()
        text = text.replace(b"@N@", b"%d" % (number + 1)).replace(b"@H@", hour)
        return text.replace(b"@X@", b"%d" % (number + 1)).replace(b"@T@", b"%d" % rows)


def template(read: Read) -> Template:
    """Ask the simulated platform as the connector asks it, and mark its answer."""
    connector, clock = load().connectors[read.plugin], SimulatedClock(END)
    sandbox = filled(connector, clock, PEOPLE)
    seen = first_page(read, sandbox, clock)
    *before, (asked, answer) = seen
    page, last = _MARK[read.plugin](json.loads(answer.body), read.page)
    headers = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
    return Template(
        _text(page),
        _text(last),
        headers.encode(),
        {one.path: reply.body for one, reply in before},
        access(asked, sandbox),
    )


def first_page(read: Read, sandbox: Sandbox, clock: SimulatedClock) -> Seen:
    """All that the connector asks until it has the first page, with the answers."""
    connector = load().connectors[read.plugin]
    settings, wire = settings_of(connector, sandbox.credentials()), Wire(sandbox)
    http = Http(connector.policy(settings), clock=clock, redactor=Redactor(), transport=wire)
    assert connector.source is not None
    since = json.dumps({"since": read.since}) if read.since else None
    next(iter(connector.source(settings, http, ()).pages(read.stream, since)))
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


def _hubspot(body: Any, page: int) -> tuple[Any, Any]:
    rows = body["results"]
    for number, row in enumerate(rows):
        held = row["properties"]
        row["id"] = held["hs_object_id"] = f"@N@{number:06d}"
        row["updatedAt"] = held["lastmodifieddate"] = f"{_moment(number, page)}.000Z"
        held["email"] = held["email"] and f"@N@.{held['email']}"
    total = {"total": "@T@"} if "total" in body else {}
    assert len(rows) == page
    return (
        total | {"results": rows, "paging": {"next": {"after": "@X@", "link": "?after=@X@"}}},
        total | {"results": rows},
    )


def _mailchimp(body: Any, page: int) -> tuple[Any, Any]:
    for number, row in enumerate(body["members"]):
        row["id"], row["contact_id"] = f"@N@{row['id'][:24]}", f"@N@{row['contact_id'][:24]}"
        row["last_changed"] = f"{_moment(number, page)}+00:00"
        row["email_address"] = f"@N@.{row['email_address']}"
    body["total_items"] = "@T@"
    assert len(body["members"]) == page
    return body, body


def _shopify(body: Any, page: int) -> tuple[Any, Any]:
    text = _GID.sub(r"\1@N@\2", json.dumps(body).replace("@example", ".@N@@example"))
    body = json.loads(text)
    (listing,) = body["data"].values()
    for number, node in enumerate(listing["nodes"]):
        node["updatedAt"] = f"{_moment(number, page)}Z"
    assert len(listing["nodes"]) == page
    listing["pageInfo"] = {"hasNextPage": True, "endCursor": "@X@"}
    last = json.loads(json.dumps(body))
    next(iter(last["data"].values()))["pageInfo"]["hasNextPage"] = False
    return body, last


_MARK = {"hubspot": _hubspot, "mailchimp": _mailchimp, "shopify": _shopify}


def _moment(number: int, page: int) -> str:
    """Each page's changes fill an hour, in the order of its rows."""
    second = number * 3600 // page
    return f"@H@:{second // 60:02d}:{second % 60:02d}"


def _text(body: Any) -> bytes:
    return json.dumps(body, separators=(",", ":")).replace('"@T@"', "@T@").encode()
