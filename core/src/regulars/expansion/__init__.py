"""Expansion: what goes with what, to whom it may be offered and when, and whether it does harm.

Pure: tables in, tables out. Pairs are counted, nothing is predicted: "bought together", not "will buy".
A rule is used when the client's file declares it or somebody accepted it.
"""

from regulars.expansion.decisions import KIND as DECISION
from regulars.expansion.decisions import Decision, Decisions, decide
from regulars.expansion.offers import KIND as OFFER
from regulars.expansion.offers import Offers
from regulars.expansion.settings import ExpansionSettings, expansion_settings
from regulars.expansion.tables import Past, build

__all__ = [
    "DECISION",
    "OFFER",
    "Decision",
    "Decisions",
    "ExpansionSettings",
    "Offers",
    "Past",
    "build",
    "decide",
    "expansion_settings",
]
