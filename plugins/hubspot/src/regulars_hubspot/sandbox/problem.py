"""HubSpot's refusals: a status and the error body that its documents describe."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from regulars.testing import Answer

Body = dict[str, Any]


class Problem(Exception):
    """The request is refused. `body` is the error body without its correlation id."""

    def __init__(self, status: int, category: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body: Body = {"status": "error", "message": message, "category": category, **more}

    def answer(self, correlation: str) -> Answer:
        """The refusal as it goes over the wire."""
        found = Answer.of({**self.body, "correlationId": correlation}, self.status)
        if self.status == 404:
            found.headers["X-HubSpot-NotFound"] = "true"
        return found


def invalid(message: str, **more: Any) -> Problem:
    """400 VALIDATION_ERROR."""
    return Problem(400, "VALIDATION_ERROR", message, **more)


def invalid_values(faults: Sequence[Body]) -> Problem:
    """400 for property values; what is wrong stands as JSON inside the message."""
    return invalid("Property values were not valid: " + json.dumps(list(faults), separators=(",", ":")))


def fault(name: str, error: str, message: str) -> Body:
    """One property value that is not valid."""
    return {"isValid": False, "message": message, "error": error, "name": name}


def not_found(message: str) -> Problem:
    """404 OBJECT_NOT_FOUND."""
    return Problem(404, "OBJECT_NOT_FOUND", message)
