"""A server that answers pre-encoded pages and does nothing else, in a process of its own.

`python -m benchmarks.connectors.replay` prints one line of JSON (its URL, each read's access and
bytes a page) and serves until its standard input closes. A client's base URL is
`<url>/<read>/<rows>`: so many rows there are. What is asked for is not looked at but for where the page
begins; a client that keeps its place by a time gets the page after it.
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
from benchmarks.connectors.templates import FIRST, Template, template

_AFTER = re.compile(rb'(?:[?&]after=|"after"\s*:\s*")(\d+)')
_ABOVE = re.compile(rb'"value":\s*"(\d+)\d{6}"[^}]*"hs_object_id"|"hs_object_id"[^}]*"value":\s*"(\d+)\d{6}"')
_OFFSET = re.compile(rb"[?&]offset=(\d+)")
_SINCE = re.compile(rb"(?:since_last_changed=|updated_at:>=')(\d{4}-\d\d-\d\dT\d\d)")
_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)


@contextmanager
def replayed() -> Iterator[dict[str, Any]]:
    """The server in another process: {"url", "reads": {name: {"access", "bytes"}}}."""
    command = [sys.executable, "-m", "benchmarks.connectors.replay"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        assert process.stdin is not None
        process.stdin.close()


def page_asked(head: bytes, body: bytes, of: int) -> int:
    """The number of the page that a request asks for, from 0."""
    text = head + body
    if found := _AFTER.search(text):
        return int(found[1])
    if found := _ABOVE.search(body):
        return int(found[1] or found[2])
    if found := _SINCE.search(text.replace(b"%3A", b":")):
        reached = datetime.fromisoformat(found[1].decode() + ":00:00+00:00")
        return int((reached - FIRST).total_seconds() // 3600) + 1
    found = _OFFSET.search(head)
    return int(found[1]) // of if found else 0


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
        name, rows, path = line.split(b" ")[1][1:].decode().split("/", 2)
        made, of = self._templates[name], READS[name].page
        answer = made.before.get("/" + path.partition("?")[0])
        if answer is None:
            answer = made.render(page_asked(line, body, of), int(rows), of)
        return b"HTTP/1.1 200 OK\r\n%scontent-length: %d\r\n\r\n%s" % (made.headers, len(answer), answer)


async def _serve(templates: dict[str, Template]) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(templates), "127.0.0.1", 0)
    told = {
        name: {"access": made.access, "bytes": len(made.render(0, READS[name].rows, READS[name].page))}
        for name, made in templates.items()
    }
    port = server.sockets[0].getsockname()[1]
    print(json.dumps({"url": f"http://127.0.0.1:{port}", "reads": told}), flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve({name: template(read) for name, read in READS.items()}))
