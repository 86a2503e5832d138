"""The only source of time. Everything that asks for the time or waits is handed a Clock.

`SystemClock` is the real one. `SimulatedClock` stands still until somebody sleeps or moves it; given
a file it is shared by every process that names the same file, so that a demo, its sandboxes and a
second command agree on what day it is.
"""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Aware UTC instants, and waiting."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait; a simulated clock moves instead."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))


class SimulatedClock:
    """Time that moves only when told to: by `sleep`, `move_to` or `forward`.

    With `path` the instant lives in that file, written atomically, and other processes see it move.
    """

    def __init__(self, start: datetime | None = None, path: Path | None = None) -> None:
        self._path, self._lock = path, threading.Lock()
        if start is None:
            if path is None or not path.exists():
                raise ValueError("a simulated clock needs a start or a file that holds one")
            start = datetime.fromisoformat(path.read_text().strip())
        if start.tzinfo is None:
            raise ValueError("a clock's start must be aware")
        self._now = start.astimezone(UTC)
        self._store()

    def now(self) -> datetime:
        with self._lock:
            return self._load()

    def sleep(self, seconds: float) -> None:
        self.forward(timedelta(seconds=max(0.0, seconds)))

    def forward(self, by: timedelta) -> None:
        """Move on by a span."""
        with self._lock:
            self._now = self._load() + by
            self._store()

    def move_to(self, instant: datetime) -> None:
        """Move to an aware instant; a clock never goes back."""
        with self._lock:
            self._now = max(self._load(), instant.astimezone(UTC))
            self._store()

    def _load(self) -> datetime:
        if self._path is not None:
            self._now = datetime.fromisoformat(self._path.read_text().strip())
        return self._now

    def _store(self) -> None:
        if self._path is not None:
            aside = self._path.with_name(f"{self._path.name}.{os.getpid()}.{threading.get_ident()}")
            aside.write_text(self._now.isoformat())
            os.replace(aside, self._path)
