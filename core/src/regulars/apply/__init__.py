"""Applying a plan: exactly what it says, to the records that still are as it found them, once.

The ledger is the memory: intended -> sent -> confirmed | rejected | drifted | unknown. Before a call the
attempt is durable, after it only what was read back counts, and what nobody knows is asked for, never
sent blindly again. Killed anywhere, `apply_plan` goes on where it stopped.
"""

from regulars.apply.engine import apply_plan, unfinished
from regulars.apply.result import Result
from regulars.apply.undo import undo

__all__ = ["Result", "apply_plan", "undo", "unfinished"]
