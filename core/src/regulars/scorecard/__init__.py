"""Six figures a month, and what will be left of the customers if nothing is done."""

from regulars.scorecard.card import NAMES, Card, Given, Line, scorecard
from regulars.scorecard.holdout import Entry, Experiment
from regulars.scorecard.outlook import Outlook, Outlooks, outlook

__all__ = [
    "NAMES",
    "Card",
    "Entry",
    "Experiment",
    "Given",
    "Line",
    "Outlook",
    "Outlooks",
    "outlook",
    "scorecard",
]
