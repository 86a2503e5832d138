"""Replacing a file: the old text or the new one, and the new one only once it is on the disk."""

from __future__ import annotations

import os
from pathlib import Path


def write_file(file: Path, text: str, mode: int = 0o644) -> None:
    """Replace a file in one step: it has the old text or the new one, never a part."""
    aside = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.replace(aside, file)
        _store_name(file.parent)
    finally:
        aside.unlink(missing_ok=True)


def _store_name(folder: Path) -> None:
    """A rename is durable when its folder is; Windows does not let folders be opened, nor needs it."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
