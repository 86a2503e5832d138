"""Where every customer stands, and the dated moves that led there.

State, stage and level are functions of the data as of a day; the journal keeps what was said each
night, because data change afterwards. Down-moves wait; missing evidence moves nobody down.
"""

from regulars.lifecycle.flow import Flow, Return, flows, recorded_since, returns, verdict
from regulars.lifecycle.history import FACTS, KINDS, LINE, Recorded, history, line_facts, moves
from regulars.lifecycle.line import Line, refusals, stored
from regulars.lifecycle.settings import LifecycleSettings, lifecycle_settings
from regulars.lifecycle.standing import build, stale

__all__ = [
    "FACTS",
    "KINDS",
    "LINE",
    "Flow",
    "LifecycleSettings",
    "Line",
    "Recorded",
    "Return",
    "build",
    "flows",
    "history",
    "lifecycle_settings",
    "line_facts",
    "moves",
    "recorded_since",
    "refusals",
    "returns",
    "stale",
    "stored",
    "verdict",
]
