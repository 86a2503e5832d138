"""Text tables as providers send them: tabs or commas, quotes, either encoding, and lines that are spoilt."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from regulars import PlatformError

Encoding = Literal["auto", "utf-8", "cp1252"]
_LINE_END = re.compile("\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A line that is no row: where it stands and why. `text` is the line itself, for our own archive."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """Values by column name, with the line they stand on."""

    line: int
    values: Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """A whole table. Columns are found by name; their order, and further columns, do not matter."""

    name: str
    header: Sequence[str]
    lines: Sequence[tuple[int, str]]
    delimiter: str

    @classmethod
    def parse(cls, name: str, body: bytes, needs: Sequence[str], delimiter: str, encoding: Encoding) -> Table:
        """Raises PlatformError for a header without one of the columns in `needs`, or with one twice."""
        lines = _LINE_END.split(_text(body, encoding))
        header = [column.strip() for column in next(csv.reader([lines[0]], delimiter=delimiter), [])]
        for column in needs:
            if header.count(column) != 1:
                raise PlatformError(
                    f"wrong header: {header.count(column) or 'no'} column {column!r}",
                    where=f"ecoa {name}, line 1",
                    hint="Have the provider send it again, or mend `columns` in the client file",
                )
        numbered = [(number, line) for number, line in enumerate(lines[1:], 2) if line.strip()]
        return cls(name, header, numbered, delimiter)

    def rows(self, start: int = 0, stop: int | None = None) -> Iterator[Row | Spoilt]:
        """Every line as a row, or what is wrong with it. A quoted tab belongs to its field; a quote that
        is never closed spoils its own line and no other."""
        for number, line in self.lines[start:stop]:
            try:
                (fields,) = csv.reader([line], delimiter=self.delimiter, strict=True)
            except csv.Error as fault:
                yield Spoilt(number, f"cannot be read ({fault})", line)
                continue
            if len(fields) == len(self.header):
                yield Row(number, dict(zip(self.header, (field.strip() for field in fields), strict=True)))
            else:
                yield Spoilt(number, f"{len(fields)} fields, the header has {len(self.header)}", line)


def written(header: Sequence[str], rows: Sequence[Sequence[str]], delimiter: str, encoding: str) -> bytes:
    """A table as it leaves. A letter that the encoding does not have becomes a question mark."""
    out = io.StringIO()
    table = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    table.writerow(header)
    table.writerows([re.sub(r"[\r\n]+", " ", field) for field in row] for row in rows)
    return out.getvalue().encode(encoding, "replace")


def _text(body: bytes, encoding: Encoding) -> str:
    """The text; "auto" takes UTF-8 (with or without its mark) where it is, else Windows' Western letters."""
    if encoding != "cp1252":
        try:
            return body.decode("utf-8-sig")
        except UnicodeDecodeError:
            if encoding == "utf-8":
                return body.decode("utf-8-sig", "replace")
    return body.decode("cp1252", "replace")
