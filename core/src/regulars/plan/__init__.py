"""Plans: what would be written, computed before anything is, kept as a file that is applied verbatim.

A plan compares what the platforms hold (the synced mirror of our own fields), what we last wrote and
what we want. It carries for every change the reason, for every field and list the guard that stopped
it, and a digest that notices any edit.
"""

from regulars.plan.document import FieldCount, ListCount, Plan, Target, load_plan, save_plan
from regulars.plan.maker import make_plan
from regulars.plan.planned import PlannedChange
from regulars.plan.render import render, sample

__all__ = [
    "FieldCount",
    "ListCount",
    "Plan",
    "PlannedChange",
    "Target",
    "load_plan",
    "make_plan",
    "render",
    "sample",
    "save_plan",
]
