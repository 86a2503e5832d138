"""Our field names and the provider's, both ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def theirs(names: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    """What leaves, under the provider's names."""
    return {names.get(name, name): value for name, value in values.items()}


def ours(names: Mapping[str, str], raw: Any) -> Any:
    """What came, under our names. `names`: our name -> path in the answer; both may have points.

    A renamed field that the answer does not have is absent; everything else stays as it came.
    """
    if not names or not isinstance(raw, dict):
        return raw
    made: dict[str, Any] = {**raw}
    for name in names:
        _drop(made, name)
    for name, path in names.items():
        if (value := _value(raw, path)) is not None:
            _put(made, name, value)
    return made


def _value(raw: Any, path: str) -> Any:
    for part in path.split("."):
        raw = raw.get(part) if isinstance(raw, dict) else None
    return raw


def _put(made: dict[str, Any], name: str, value: Any) -> None:
    *outer, last = name.split(".")
    for part in outer:
        inner = made.get(part)
        made[part] = {**inner} if isinstance(inner, dict) else {}
        made = made[part]
    made[last] = value


def _drop(made: dict[str, Any], name: str) -> None:
    """Take a field of ours away, so that one of theirs that is called the same is not mistaken for it."""
    *outer, last = name.split(".")
    for part in outer:
        inner = made.get(part)
        if not isinstance(inner, dict):
            return
        made[part] = made = {**inner}
    made.pop(last, None)
