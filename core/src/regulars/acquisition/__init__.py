"""Where customers come from, how far they get, and what that cost."""

from regulars.acquisition.keeping import Keeping
from regulars.acquisition.report import Acquisition, Step, acquisition
from regulars.acquisition.spend import Margin, Payback, Spend, Won
from regulars.acquisition.word import Referral, Word

__all__ = [
    "Acquisition",
    "Keeping",
    "Margin",
    "Payback",
    "Referral",
    "Spend",
    "Step",
    "Won",
    "Word",
    "acquisition",
]
