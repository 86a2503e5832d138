"""Where in a rule something stands."""

from __future__ import annotations

from sqlglot import exp


def place(text: str, node: exp.Expr) -> str:
    """ "line 2, column 5", counted from 1, of the first character of a node that is known."""
    starts = [part.meta["start"] for part in node.walk() if "start" in part.meta]
    if not starts:
        return "an unknown place"
    before = text[: min(starts)]
    return f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"
