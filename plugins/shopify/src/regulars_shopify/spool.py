"""The lines of a bulk result on disk, children found under their parents.

Children are lines of their own and stand anywhere in the file, before their parent too; only
`__parentId` says where they belong. The folder is readable by its owner alone and goes with the spool.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import NotRequired

from pydantic import TypeAdapter, ValidationError
from regulars import PlatformError, json_text, read_json
from typing_extensions import TypedDict

_Head = TypedDict("_Head", {"id": str, "namespace": NotRequired[str], "__parentId": NotRequired[str]})
_HEAD, _HEADS = TypeAdapter(_Head), TypeAdapter(list[_Head])
Family = tuple[bytes, list[tuple[str, bytes]]]
"""A root's line, and its children's as (namespace of a metafield or "", line)."""


class Spool:
    """Where the lines of one result are put in, and taken out as families."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="regulars-")
        self._rows = sqlite3.connect(Path(self._folder.name) / "lines", isolation_level=None)
        self._rows.execute("PRAGMA journal_mode = OFF")  # lost with the process, and made again
        self._rows.execute("PRAGMA synchronous = OFF")
        self._rows.execute("CREATE TABLE root (id TEXT PRIMARY KEY, line BLOB) WITHOUT ROWID")
        self._rows.execute("CREATE TABLE child (parent TEXT, namespace TEXT, line BLOB)")
        self.lines = self.roots = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rows.close()
        self._folder.cleanup()

    def add(self, lines: Sequence[bytes]) -> None:
        """Put lines in, in any order. Raises PlatformError for one that is no object with an id."""
        try:
            understood = [*zip(_HEADS.validate_json(b"[%b]" % b",".join(lines)), lines, strict=True)]
        except ValidationError:
            understood = [_understood(line) for line in lines]
        roots, children = [], []
        for head, line in understood:
            if (parent := head.get("__parentId")) is None:
                roots.append((head["id"], line))
            else:
                children.append((parent, head.get("namespace", ""), line))
        self._rows.execute("BEGIN")
        self._rows.executemany("INSERT OR REPLACE INTO root VALUES (?, ?)", roots)
        self._rows.executemany("INSERT INTO child VALUES (?, ?, ?)", children)
        self._rows.execute("COMMIT")
        self.lines += len(lines)
        self.roots += len(roots)

    def families(self) -> Iterator[Family]:
        """Each root with its children, in the order of the file. Raises PlatformError for a child of nobody."""
        self._rows.execute("CREATE INDEX child_of ON child (parent)")
        orphans = "SELECT count(*) FROM child WHERE NOT EXISTS (SELECT 1 FROM root WHERE root.id = child.parent)"
        if lost := self._rows.execute(orphans).fetchone()[0]:
            what = f"{lost} lines belong to nobody"
            raise PlatformError(what, where="Shopify bulk result", hint="Nothing of it was stored")
        found = self._rows.execute(
            "SELECT root.id, root.line, child.namespace, child.line FROM root"
            " LEFT JOIN child ON child.parent = root.id ORDER BY root.id, child.rowid"
        )
        last, family = None, (b"", list[tuple[str, bytes]]())
        for root, line, namespace, child in found:
            if root != last:
                if last is not None:
                    yield family
                last, family = root, (line, [])
            if child is not None:
                family[1].append((namespace, child))
        if last is not None:
            yield family


def _understood(line: bytes) -> tuple[_Head, bytes]:
    """A line with its head. One with half a character (a cut emoji), which strict readers refuse, is put right."""
    try:
        return _HEAD.validate_json(line), line
    except ValidationError:
        return _mended(line)


def _mended(line: bytes) -> tuple[_Head, bytes]:
    try:
        told = read_json(line)
        return _HEAD.validate_python(told), json_text(told).encode()
    except ValidationError as fault:
        why = fault.errors(include_url=False, include_input=False)[0]["msg"]
    except (ValueError, TypeError) as fault:  # no JSON, or a number of more than 64 bits
        why = str(fault)
    raise PlatformError(f"a line cannot be understood: {why}", where="Shopify bulk result")
