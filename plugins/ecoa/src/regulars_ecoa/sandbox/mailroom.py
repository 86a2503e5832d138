"""A simulated ECOA provider that is reached by files, as a managed service over SFTP is.

Its people look into the directories whenever somebody asks for the credentials, which the core does each
time it opens the connection, and on `visit()`. What lies in the outbox is taken away; what is due by
then is put into the inbox. Over its port it only answers `POST /visit`.

Like a real one it bills every batch it finds, also one it has had before, and it bills a batch that it
cannot use.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from regulars import Clock, PlatformError
from regulars.testing import Answer, Asked

from regulars_ecoa.file_settings import COLUMNS
from regulars_ecoa.sandbox.vendor import Behaviour, Vendor
from regulars_ecoa.table import Row, Table, written

_OUTGOING = re.compile(
    r"(?P<job>.+?)_(?P<what>toprocess|suppress|bounces|erase)(?P<digest>_[0-9a-f]{12})?_(?P<count>\d+)\.txt"
)
_ROOMS = ("outbox", "inbox", "archive")
_HEADER = ("record_key", "old_email", "code", "new_email", "match_level", "permission", "permission_at",
           "permission_sent_at", "deliverability", "flags", "matched_on", "price")  # fmt: skip


class EcoaFileSandbox(Vendor):
    """`root` holds the three directories (default: temporary ones, kept in `state()`).

    Its vices: `encoding` of results ("cp1252"), `spoilt` lines that cannot be read, `wrong_header`, `cut`
    (the upload broke off in the middle), `quoted_tabs`. `lists` are the suppression lists by job.
    """

    def __init__(
        self, clock: Clock, seed: int = 0, behaviour: Behaviour | None = None, root: Path | None = None
    ) -> None:
        super().__init__(clock, seed, behaviour)
        self.root = root or _temporary(self)
        for room in _ROOMS:
            (self.root / room).mkdir(exist_ok=True)
        self.lists: dict[str, list[str]] = {}
        self.encoding, self.spoilt = "utf-8", 0
        self.wrong_header = self.cut = self.quoted_tabs = False

    def credentials(self) -> Mapping[str, str]:
        # A sandbox that was not asked is not stored again: opening its directories is asking.
        self.log.append(Asked("VISIT", "/", (), {}, b"", "/"))
        self.visit()
        rooms = {room: str(self.root / room) for room in _ROOMS}
        return {"account": f"bright-{self.seed}", "unit_price": self.behaviour.unit_price, **rooms}

    def state(self) -> Any:
        kept = ("lists", "encoding", "spoilt", "wrong_header", "cut", "quoted_tabs")
        files = {
            f"{room}/{path.name}": path.read_bytes().decode("latin-1")
            for room in _ROOMS
            for path in sorted((self.root / room).iterdir())
        }
        return {**super().state(), **{name: getattr(self, name) for name in kept}, "files": files}

    def restore(self, state: Any) -> None:
        given = dict(state)
        for name, text in given.pop("files").items():
            (self.root / name).write_bytes(text.encode("latin-1"))
        super().restore(given)

    def respond(self, asked: Asked) -> Answer:
        if (asked.method, asked.path) != ("POST", "/visit"):
            return Answer.of({"error": {"code": "files_only", "message": "there is no API"}}, 404)
        self.visit()
        return Answer.of({"jobs": len(self.jobs)})

    def visit(self) -> None:
        """Empty the outbox, fill the inbox with what is due."""
        with self.lock:
            # Lists first: the order in which a directory names its files means nothing.
            for path in sorted((self.root / "outbox").glob("[!.]*.txt"), key=lambda x: "suppress" not in x.name):
                self._receive(path)
            for job in self.jobs.values():
                self._deliver(job)

    # --- receiving -----------------------------------------------------------------------------------

    def _receive(self, path: Path) -> None:
        named, body = _OUTGOING.fullmatch(path.name), path.read_bytes()
        path.unlink()
        self.log.append(Asked("PUT", f"/outbox/{path.name}", (), {}, body, f"/outbox/{path.name}"))
        if named is None:
            return
        job, what = named["job"], named["what"]
        if what == "suppress":
            hashes = [row.values[COLUMNS["hash"]] for row in _rows(path.name, body, ("hash",))]
            if named["digest"]:
                self.suppress(hashes)
            else:
                self.lists[job] = hashes
        elif what == "erase":
            self.erase([row.values[COLUMNS["record_key"]] for row in _rows(path.name, body, ("record_key",))])
        elif what == "bounces" and job in self.jobs:
            self._credit(job, path.name, body)
        elif what == "toprocess":
            self._take(job, body, int(named["count"]))

    def _take(self, name: str, body: bytes, count: int) -> None:
        ref = name if name not in self.jobs else f"{name}+{len(self.jobs)}"  # paid again, as a new job
        try:
            rows = _rows(name, body, ("record_key", "old_email"))
        except PlatformError as fault:
            self._fail(ref, fault.what, 1)
            return
        if len(rows) != count:
            self._fail(ref, f"{len(rows)} rows, the name says {count}", len(rows))
            return
        names = {column: ours for ours, column in COLUMNS.items() if ours in ("last_name", "bounced_on")}
        records = [
            {
                "record_key": row.values[COLUMNS["record_key"]],
                "old_email": row.values[COLUMNS["old_email"]],
                **{ours: row.values[column] for column, ours in names.items() if row.values.get(column)},
            }
            for row in rows
        ]
        self.take(ref, records, self.lists.get(name, []))["sent"] = []

    def _fail(self, ref: str, why: str, rows: int) -> None:
        """A file that cannot be used is billed all the same."""
        self.till.append({"job_ref": ref, "what": "unusable file", "minor": rows * self.unit})
        self._put(f"{ref}_failed_1.txt", [("REASON",), (why,)])

    def _credit(self, job: str, name: str, body: bytes) -> None:
        given = [
            {"record_key": row.values[COLUMNS["record_key"]], "new_email": row.values[COLUMNS["new_email"]]}
            for row in _rows(name, body, ("record_key", "new_email"))
        ]
        told = self.credit(self.jobs[job], given)
        reasons = {one["record_key"]: one["reason"] for one in told["refused"]}
        unit = self.amount(self.unit)["amount"]
        lines = [
            (row["record_key"], "0" if row["record_key"] in reasons else unit, reasons.get(row["record_key"], ""))
            for row in given
        ]
        answer = name.replace("_bounces_", "_credit_")
        self._put(answer, [tuple(COLUMNS[name] for name in ("record_key", "credit", "reason")), *lines])

    # --- delivering ----------------------------------------------------------------------------------

    def _deliver(self, job: dict[str, Any]) -> None:
        self.settle(job)
        state = self.phase(job)[0]
        kind = {"completed": "results", "partial": "partial"}.get(state)
        if kind is None or kind in job["sent"]:
            return
        job["sent"].append(kind)
        rows = self.rows(job)
        header = tuple(COLUMNS[name] for name in _HEADER)
        if self.wrong_header:
            header = ("ID", *header[1:])
        lines = [self._line(row) for row in rows]
        self._put(
            f"{job['job_ref']}_{kind}_{len(lines) + self.spoilt}.txt", [header, *lines], self.spoilt, self.cut
        )

    def _line(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        permission = row["permission"]
        values = {
            **{name: str(row.get(name) or "") for name in _HEADER},
            "permission": "" if permission["status"] == "not_sent" else permission["status"],
            "permission_at": permission.get("at") or "",
            "permission_sent_at": permission.get("sent_at") or "",
            "deliverability": row.get("deliverability", {}).get("status", ""),
            "flags": ",".join([*row["flags"], *(["a\tb \u2013 caf\u00e9"] if self.quoted_tabs else [])]),
            "price": row.get("price", {}).get("amount", ""),
        }
        return tuple(values[name] for name in _HEADER)

    def _put(self, name: str, table: Sequence[Sequence[str]], spoilt: int = 0, cut: bool = False) -> None:
        body = written(table[0], table[1:], "\t", self.encoding)
        for number in range(spoilt):
            body += f'"never closed {number}\tx\r\n'.encode()
        (self.root / "inbox" / name).write_bytes(body[: len(body) // 2] if cut else body)


def _rows(name: str, body: bytes, columns: Sequence[str]) -> list[Row]:
    table = Table.parse(name, body, [COLUMNS[column] for column in columns], "\t", "auto")
    return [row for row in table.rows() if isinstance(row, Row)]


def _temporary(sandbox: EcoaFileSandbox) -> Path:
    """Directories that go when the sandbox goes."""
    root = Path(tempfile.mkdtemp(prefix="ecoa-"))
    weakref.finalize(sandbox, shutil.rmtree, root, ignore_errors=True)
    return root
