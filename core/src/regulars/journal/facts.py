"""Facts: what cannot be recomputed from the platforms, appended and never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was decided or observed. `subject` is a customer id or another key without any
    personal value; `payload` is JSON-able."""

    seq: int
    kind: str
    subject: str
    at: datetime
    payload: Mapping[str, Any]
