"""Directories that somebody else empties and fills: nothing is handed over twice, nothing by halves.

A file is written under a hidden name, then a receipt is stored in a directory of our own, then the file
gets its final name in one step. Whatever the moment of a crash, receipt and hidden file together say
whether it was handed over, even after the other side has taken it away.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from regulars import PlatformError, UnknownOutcomeError


class Folder:
    """`outbox` and `inbox` are shared with the provider, `archive` is ours alone. None of them is ever
    made by us: a mount that is away must not be mistaken for an empty directory."""

    def __init__(self, outbox: Path, inbox: Path, archive: Path) -> None:
        self.outbox, self.inbox, self.archive = outbox, inbox, archive

    def require(self) -> None:
        """Raise PlatformError where one of the directories is not there or may not be written to."""
        for path, ways in ((self.outbox, os.R_OK | os.W_OK), (self.inbox, os.R_OK), (self.archive, os.W_OK)):
            if not path.is_dir() or not os.access(path, ways | os.X_OK):
                raise _away(path, "not there, or not ours to use")

    def handed_over(self, name: str) -> bool:
        """Whether a file of this name was handed over, whether or not it still lies there."""
        self.require()
        return self._receipt(name).exists() and not self._hidden(name).exists()

    def waits(self, name: str) -> bool:
        """Whether a file that was handed over still lies in the outbox."""
        return (self.outbox / name).exists()

    def hand_over(self, name: str, body: bytes) -> None:
        """Put a file into the outbox, once in its life. Raises PlatformError where nothing was handed
        over, UnknownOutcomeError where nobody knows."""
        if self.handed_over(name):
            return
        with _on(self.outbox):
            _store(self._hidden(name), body)
        with _on(self.archive):
            aside = self.archive / f".{name}.receipt"
            _store(aside, b"")
            os.replace(aside, self._receipt(name))
            _settle(self.archive)
        try:
            os.replace(self._hidden(name), self.outbox / name)
            _settle(self.outbox)
        except OSError as fault:
            raise UnknownOutcomeError(
                f"nobody knows whether {name} was handed over ({fault.strerror})",
                where=f"ecoa {self.outbox}",
                hint="It is looked up by the next run, and never written a second time",
            ) from None

    def withdraw(self, name: str) -> bool:
        """Take a file back; False where the provider has it already."""
        try:
            os.replace(self.outbox / name, self._hidden(name))
        except FileNotFoundError:
            return False
        except OSError as fault:
            raise _away(self.outbox, str(fault.strerror)) from None
        with _on(self.outbox):
            os.replace(self._receipt(name), self.archive / f"{name}.withdrawn")
            self._hidden(name).unlink()
        return True

    def withdrawn(self, name: str) -> bool:
        """Whether a file was taken back before the provider had it."""
        return (self.archive / f"{name}.withdrawn").exists()

    def sweep(self, prefix: str) -> None:
        """Remove what a crash left half written under names that begin with `prefix`; the receipt first,
        or a file that never got its name would count as handed over."""
        with _on(self.outbox):
            for path in self.outbox.glob(f".{prefix}*.part"):
                self._receipt(path.name[1:].removesuffix(".part")).unlink(missing_ok=True)
                path.unlink()

    def incoming(self, pattern: str) -> list[Path]:
        """Files in the inbox, by name."""
        self.require()
        return sorted(self.inbox.glob(pattern))

    def read(self, path: Path) -> bytes:
        """A file's bytes. Raises PlatformError."""
        with _on(path):
            return path.read_bytes()

    def rewrite(self, path: Path, body: bytes) -> None:
        """Put other contents into a file that is there; whole or not at all."""
        with _on(path):
            aside = path.with_name(f".{path.name}.rewritten")
            _store(aside, body)
            os.replace(aside, path)

    def keep_aside(self, name: str, body: bytes) -> None:
        """Store what could not be read in our own directory, for a person to look at."""
        with _on(self.archive):
            _store(self.archive / name, body)

    def drop_aside(self, pattern: str) -> None:
        """Remove what was kept aside."""
        with _on(self.archive):
            for path in self.archive.glob(pattern):
                path.unlink()

    def _hidden(self, name: str) -> Path:
        return self.outbox / f".{name}.part"

    def _receipt(self, name: str) -> Path:
        return self.archive / f"{name}.receipt"


def _store(path: Path, body: bytes) -> None:
    """Write a file so that it survives a power cut; readable by its owner alone, it holds addresses."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """Have a new name survive a power cut too, where the file system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass  # network mounts refuse this; their server decides
    finally:
        os.close(handle)


@contextmanager
def _on(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise _away(path, str(fault.strerror or fault)) from None


def _away(path: Path, why: str) -> PlatformError:
    return PlatformError(f"directory or file cannot be used: {why}", where=f"ecoa {path}", hint="Is it mounted?")
