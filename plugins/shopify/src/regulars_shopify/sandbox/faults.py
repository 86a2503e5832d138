"""Why a request is answered with an error instead of data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Refused(Exception):
    """The request is answered with this error and without data."""

    def __init__(self, message: str, code: str, path: Sequence[str] = (), **more: Any) -> None:
        super().__init__(message)
        self.error: dict[str, Any] = {"message": message, "extensions": {"code": code, **more}}
        if path:
            self.error["path"] = list(path)
