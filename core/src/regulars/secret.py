"""Secrets: a value that does not print itself, and the redactor every text passes on its way out."""

from __future__ import annotations

import base64
import threading
from urllib.parse import quote


class Secret:
    """A resolved secret. `reveal()` is the only way to its value; it prints as its reference."""

    __slots__ = ("_value", "name")

    def __init__(self, name: str, value: str) -> None:
        self.name, self._value = name, value

    def reveal(self) -> str:
        """The value itself, for the one header or body that needs it."""
        return self._value

    def __repr__(self) -> str:
        return f"secret:{self.name}"

    __str__ = __repr__


class Redactor:
    """Replaces every known secret, also URL-encoded and in base64, by `[secret]`."""

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._lock = threading.Lock()

    def learn(self, value: str) -> None:
        """Remember a value that must never be seen. Values under 6 characters are not searched for."""
        if len(value) < 6:
            return
        raw = value.encode()
        with self._lock:
            self._forms |= {value, quote(value, safe=""), base64.b64encode(raw).decode(), raw.hex()}

    def clean(self, text: str) -> str:
        """The text without any known secret."""
        with self._lock:
            forms = sorted(self._forms, key=len, reverse=True)
        for form in forms:
            text = text.replace(form, "[secret]")
        return text
