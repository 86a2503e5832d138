"""The base of simulated platforms: one object that answers in process and on a loopback port.

A sandbox is deterministic (same seed, same requests, same clock: same answers), stateful, can be
saved and loaded, and misbehaves on request through `Fault`s. It is written against the platform's
documents, not against our client.
"""

from __future__ import annotations

import json
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from regulars.clock import Clock
from regulars.testing.world import World


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as a platform sees it. Header names are lower case; `query` keeps repeats in order."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    target: str = ""  # path and query as sent

    def param(self, name: str, default: str = "") -> str:
        """The last value of a query parameter."""
        return dict(self.query).get(name, default)

    def json(self) -> Any:
        """The body as JSON; ValueError where it is not."""
        return json.loads(self.body or b"null")


@dataclass(slots=True)
class Answer:
    """What the platform answers. `cut` ends the connection after so many bytes of the body."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None

    @classmethod
    def of(cls, value: Any, status: int = 200, **headers: str) -> Answer:
        """A JSON answer."""
        body = json.dumps(value, separators=(",", ":")).encode()
        return cls(status, body, {"content-type": "application/json", **headers})


@dataclass
class Fault:
    """Misbehaviour: after `skip` matching requests, the next `times` of them go wrong.

    kind: `status` (answer `status` and `body` without doing anything), `malformed` (do it, answer
    broken JSON), `cut` (do it, cut the answer off), `lost` (do it, close without an answer), `drop`
    (do nothing, close without an answer).
    """

    kind: Literal["status", "malformed", "cut", "lost", "drop"]
    match: str = ""  # substring of "METHOD path?query body"
    skip: int = 0
    times: int = 1
    status: int = 503
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Dropped(Exception):
    """The platform closed the connection without an answer."""


class Sandbox(ABC):
    """A simulated platform. Subclasses answer requests in `respond` and keep JSON-able state."""

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        self.clock, self.seed = clock, seed
        self.faults: list[Fault] = []
        self.log: list[Asked] = []
        """Every request that arrived, for tests that look at what was really sent."""
        self.keep_log = True
        self.lock = threading.RLock()

    @abstractmethod
    def respond(self, asked: Asked) -> Answer:
        """Answer one request as the platform would. Called under the sandbox's lock."""

    @abstractmethod
    def populate(self, world: World) -> None:
        """Create or update this platform's part of a world; what did not change is not touched."""

    @abstractmethod
    def state(self) -> Any:
        """Everything there is, as JSON-able data."""

    @abstractmethod
    def restore(self, state: Any) -> None:
        """Become what `state()` gave."""

    @abstractmethod
    def credentials(self) -> Mapping[str, str]:
        """Settings (secrets included) with which a connection reaches this sandbox, by setting name."""

    def handle(self, asked: Asked) -> Answer:
        """`respond`, with the faults that are due. Raises Dropped."""
        with self.lock:
            if self.keep_log:
                self.log.append(asked)
            fault = self._due(asked)
            if fault is None:
                return self.respond(asked)
            if fault.kind == "status":
                return Answer(fault.status, fault.body, dict(fault.headers))
            if fault.kind == "drop":
                raise Dropped
            answer = self.respond(asked)
            if fault.kind == "lost":
                raise Dropped
            if fault.kind == "malformed":
                answer.body = answer.body[: max(1, len(answer.body) * 2 // 3)]
            else:
                answer.cut = len(answer.body) // 2
            return answer

    def save(self, path: Path) -> None:
        """Store seed and state in a file, atomically."""
        aside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        aside.write_text(self.stored())
        os.replace(aside, path)

    def stored(self) -> str:
        """The text that `save` stores."""
        with self.lock:
            return json.dumps({"seed": self.seed, "state": self.state()})

    def load(self, path: Path) -> None:
        """Become what `save` stored; the seed must be the same (`saved_seed`)."""
        self.restore(json.loads(path.read_text())["state"])

    def _due(self, asked: Asked) -> Fault | None:
        line = f"{asked.method} {asked.target} {asked.body.decode(errors='replace')}"
        for fault in self.faults:
            if fault.times > 0 and fault.match in line:
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                return fault
        return None


def saved_seed(path: Path) -> int:
    """The seed of a stored sandbox; its ids and credentials come from it."""
    return int(json.loads(path.read_text())["seed"])


class Served:
    """A sandbox on a loopback port: `with Served(sandbox) as base_url: ...`."""

    def __init__(self, sandbox: Sandbox, port: int = 0) -> None:
        self.sandbox = sandbox

        class Handler(_Handler):
            platform = sandbox

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self.url

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    platform: Sandbox
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length) if length else b""
        parts = urlsplit(self.path)
        asked = Asked(
            self.command,
            parts.path,
            tuple(parse_qsl(parts.query, keep_blank_values=True)),
            {k.lower(): v for k, v in self.headers.items()},
            body,
            self.path,
        )
        try:
            answer = self.platform.handle(asked)
        except Dropped:
            self.close_connection = True
            self.connection.close()
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(answer.body if answer.cut is None else answer.body[: answer.cut])
        if answer.cut is not None:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """The sandbox keeps its own log."""
