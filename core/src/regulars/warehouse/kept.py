"""Tables that are brought up to date night by night: what each stands for, told in the same transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date

from regulars.warehouse.session import Session


@dataclass(frozen=True, slots=True)
class Kept:
    """What a table was made of: settings and statements (`made_of`, see `digest`), all segments up to number
    `seq`, as of a day. `turn` counts how often it was; `whole` says that it was made anew the last time."""

    made_of: str
    turn: int = 0
    seq: int = 0
    as_of: date = date.min
    whole: bool = True


def kept(session: Session, name: str) -> Kept | None:
    """What is known of a table; None where nothing is, so that it must be made anew."""
    if not session.has("kept"):
        return None
    rows = session.query("SELECT made_of, turn, seq, as_of, whole FROM kept WHERE name = $name", {"name": name})
    return Kept(*rows[0]) if rows else None


def keep(session: Session, name: str, made: Kept) -> None:
    """Note what a table stands for; in the transaction that made it so."""
    session.run(
        "CREATE TABLE IF NOT EXISTS kept"
        " (name VARCHAR, made_of VARCHAR, turn BIGINT, seq BIGINT, as_of DATE, whole BOOLEAN)"
    )
    session.run("DELETE FROM kept WHERE name = $name", {"name": name})
    sql = "INSERT INTO kept VALUES ($name, $made_of, $turn, $seq, $as_of, $whole)"
    session.run(sql, {"name": name, **asdict(made)})


def forget(session: Session, name: str) -> None:
    """Have a table made anew the next time."""
    if session.has("kept"):
        session.run("DELETE FROM kept WHERE name = $name", {"name": name})


def digest(*parts: object) -> str:
    """A short hash of everything that a table's rows depend on beside the data: settings, statements."""
    return hashlib.sha256("\0".join(map(repr, parts)).encode()).hexdigest()[:16]


@contextmanager
def together(session: Session) -> Iterator[None]:
    """All changes within or none; what breaks off is undone when the burst ends."""
    session.run("BEGIN")
    yield
    session.run("COMMIT")
