"""Owned media: whom the shop can talk to without renting, what the rest is worth, and how people get there."""
