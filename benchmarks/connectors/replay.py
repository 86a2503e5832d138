"""A server that answers pre-encoded rows and does nothing else, in a process of its own.

`python -m benchmarks.connectors.replay` prints one line of JSON (its URL, each read's access and page) and
serves until its standard input closes. A client's base URL is `<url>/<read>/<rows>`: so many rows there
are. Of a request only this is looked at: where its page begins (by a token, an id, an instant or an
offset) and how many rows it holds.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from benchmarks.connectors.reads import READS
from benchmarks.connectors.templates import Template, asked_for, template

_AFTER = re.compile(rb'(?:[?&]after=|"after"\s*:\s*")(\d+)')
_ABOVE = re.compile(rb'"hs_object_id"[^}]*"value":\s*"(\d+)(\d{6})"')
_OFFSET = re.compile(rb"[?&]offset=(\d+)")
_COUNT = re.compile(rb'(?:[?&](?:limit|count)=|"(?:limit|first)"\s*:\s*)(\d+)')
_SINCE = re.compile(rb"(since_last_changed=|updated_at:>=')(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)")
_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)


@contextmanager
def replayed() -> Iterator[dict[str, Any]]:
    """The server in another process: {"url", "reads": {name: access}}."""
    command = [sys.executable, "-m", "benchmarks.connectors.replay"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        assert process.stdin is not None
        process.stdin.close()


def start_asked(made: Template, head: bytes, body: bytes) -> int:
    """The number of the first row that a request asks for."""
    text = head + body
    if found := _AFTER.search(text):
        return int(found[1])
    if found := _ABOVE.search(body):
        return (int(found[1]) - 1) * len(made.rows) + int(found[2]) + 1
    offset = _OFFSET.search(head)
    start = int(offset[1]) if offset else 0
    if found := _SINCE.search(text.replace(b"%3A", b":")):
        instant = datetime.fromisoformat(f"{found[2].decode()}+00:00")
        start += made.place(instant, after=found[1].startswith(b"since"))
    return start


class _Connection(asyncio.Protocol):
    def __init__(self, templates: dict[str, Template]) -> None:
        self._templates, self._held = templates, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            head = self._held[:end]
            length = _LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._held) < whole:
                return
            body, self._held = self._held[end + 4 : whole], self._held[whole:]
            self._transport.write(self._answer(head.partition(b"\r\n")[0], body))

    def _answer(self, line: bytes, body: bytes) -> bytes:
        name, rows, target = line.split(b" ")[1][1:].decode().split("/", 2)
        made, path = self._templates[name], target.partition("?")[0]
        answer = made.before.get(asked_for(path, body))
        if answer is None and path.endswith("/search") != made.access["path"].endswith("/search"):
            answer = b'{"total":%s,"results":[]}' % rows.encode()  # HubSpot is asked for counts by a search
        if answer is None:
            count = _COUNT.search(line + body)
            size = int(count[1]) if count else len(made.rows)
            answer = made.render(start_asked(made, line, body), size, int(rows))
        return b"HTTP/1.1 200 OK\r\n%scontent-length: %d\r\n\r\n%s" % (made.headers, len(answer), answer)


async def _serve(templates: dict[str, Template]) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(templates), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reads = {name: made.access for name, made in templates.items()}
    print(json.dumps({"url": f"http://127.0.0.1:{port}", "reads": reads}), flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve({name: template(read) for name, read in READS.items()}))
