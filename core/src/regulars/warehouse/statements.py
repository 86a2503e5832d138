"""SQL lives in .sql files beside the code that runs it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def statement(package: str, name: str) -> str:
    """The text of `queries/<name>.sql` in a package."""
    return (files(package) / "queries" / f"{name}.sql").read_text(encoding="utf-8")
