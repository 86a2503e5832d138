"""Secrets: a value that does not print itself, and the redactor every text passes on its way out."""

from __future__ import annotations

import base64
import threading
from typing import Protocol
from urllib.parse import quote


class Keeper(Protocol):
    """Where a secret is kept, for one that the platform renews."""

    def read(self) -> str:
        """Its present value."""

    def write(self, value: str) -> None:
        """Store a new one durably. Raises ConfigError where this place cannot be written to."""


class Secret:
    """A resolved secret. `reveal()` is the only way to its value; it prints as its reference.

    One without a `keeper` lives as long as this process: a short-lived token, a sandbox's credential.
    """

    __slots__ = ("_keeper", "_value", "name")

    def __init__(self, name: str, value: str, keeper: Keeper | None = None) -> None:
        self.name, self._value, self._keeper = name, value, keeper

    def reveal(self) -> str:
        """The value itself, for the one header or body that needs it."""
        return self._value

    def replace(self, value: str) -> None:
        """Become what the platform renewed it to, once that is stored where it is kept.

        Raises ConfigError where it cannot be stored there; the value stays the old one.
        """
        if self._keeper is not None:
            self._keeper.write(value)
        self._value = value

    def reload(self) -> bool:
        """Read it again: another process may have renewed it. True where it changed."""
        before = self._value
        if self._keeper is not None:
            self._value = self._keeper.read()
        return self._value != before

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
