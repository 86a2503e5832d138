"""JSON as platforms send it, and as records hold it."""

from __future__ import annotations

import json
from typing import Any

import orjson


def read_json(text: bytes | str) -> Any:
    """What a JSON text says. Integers of more than 64 bits come as floats.

    Half a character (a cut emoji) becomes U+FFFD: no file, table or address can hold one. Raises ValueError where
    the text is no JSON, and says where it ends.
    """
    try:
        return orjson.loads(text)
    except ValueError:
        return _whole(json.loads(text))  # the standard parser takes half characters, and says best what is wrong


def json_text(value: Any) -> str:
    """A value as JSON, as short as it gets. Raises TypeError for what JSON cannot say."""
    return orjson.dumps(value).decode()


def _whole(value: Any) -> Any:
    """The value without half characters. Two halves that belong together become the character they are."""
    halves = json.dumps(value, ensure_ascii=False).encode("utf-16-le", "surrogatepass")
    return json.loads(halves.decode("utf-16-le", "replace"))
