"""The parts of a night, told in the client's log: what a night spends its time on."""

from __future__ import annotations

import logging

log = logging.getLogger("regulars.parts")

END = "end"
"""The part that ends the night."""


def begin(part: str) -> None:
    """Another part of the night begins; the one before ends."""
    log.info("%s", part)
