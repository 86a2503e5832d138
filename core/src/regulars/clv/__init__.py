"""Predictive customer lifetime value: who will buy again, when, and what it is worth.

Models of buying (MBG/NBD, Pareto/NBD, BG/NBD) and spending (Gamma-Gamma), fitted with a prior to one shop's
own customers. numpy and scipy are imported where a shop has customers, not before.
"""

from regulars.clv.fitted import KIND, Fitted, Pool, pooled, recorded
from regulars.clv.settings import ClvSettings, clv_settings
from regulars.clv.tables import build

__all__ = ["KIND", "ClvSettings", "Fitted", "Pool", "build", "clv_settings", "pooled", "recorded"]
