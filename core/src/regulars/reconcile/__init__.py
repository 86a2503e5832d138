"""Reconciliation: the platforms' totals against ours, and the bridge from them to the basis, to the penny.

Pure: `read` takes what a snapshot holds, `heard` what a platform answered, `reconcile` compares them.
"""

from regulars.reconcile.accepted import KIND, Accepted, proposed, recorded
from regulars.reconcile.answer import Answer, Difference, heard
from regulars.reconcile.books import Books, read, sellers
from regulars.reconcile.bridge import Bridge, Step
from regulars.reconcile.reconciliation import STORED, By, Head, Period, Reconciliation, reconcile
from regulars.reconcile.side import Side

__all__ = [
    "KIND",
    "STORED",
    "Accepted",
    "Answer",
    "Books",
    "Bridge",
    "By",
    "Difference",
    "Head",
    "Period",
    "Reconciliation",
    "Side",
    "Step",
    "heard",
    "proposed",
    "read",
    "reconcile",
    "recorded",
    "sellers",
]
