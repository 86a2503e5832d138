"""Six figures a month, and what will be left of the customers if nothing is done."""

from regulars.scorecard.outlook import Outlook, Outlooks, outlook

__all__ = ["Outlook", "Outlooks", "outlook"]
