"""Our own stop list: keyed hashes of addresses of people who withdrew or were erased.

It holds no address, so that it may be kept for ever: an import or a restored backup does not bring
anybody back.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from regulars.journal import Journal, Tx

Why = Literal["erased", "withdrawn"]
Stops = dict[str, "Stopped"]
"""Keyed hash of an address -> why it is stopped."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """Why, and since which instant (ISO)."""

    why: Why
    at: str


def reference(journal: Journal, address: str) -> str:
    """The keyed hash under which an address is stopped; spelling in upper or lower case is the same."""
    plain = re.sub(r"\s", "", address).lower()
    return hmac.new(bytes.fromhex(journal.key), plain.encode(), hashlib.sha256).hexdigest()


def stop(journal: Journal, tx: Tx, addresses: Iterable[str], why: Why) -> None:
    """Never mail these addresses' people again. There is no way back through this product."""
    journal.add_facts(tx, "stop", [(reference(journal, address), {"why": why}) for address in addresses])


def stops(journal: Journal) -> Stops:
    """The whole list; the stricter reason stays."""
    found: Stops = {}
    for fact in journal.facts("stop"):
        if fact.subject not in found or fact.payload["why"] == "erased":
            found[fact.subject] = Stopped(fact.payload["why"], fact.at.isoformat())
    return found
