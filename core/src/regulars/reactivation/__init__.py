"""Bounced addresses to new ones (ECOA), and who is written to in a reactivation and who is not, and why.

Money is set aside before a provider is called and settled after; a new address is used only when the
person confirmed it. The order of work: bounces, ECOA, permission, and only then the segment.
"""

from regulars.reactivation.audience import Audience, assign, audience, confine, is_reactivation
from regulars.reactivation.budget import Budget, Month, month
from regulars.reactivation.candidates import Candidate, candidates
from regulars.reactivation.collection import advance
from regulars.reactivation.desk import EcoaDesk
from regulars.reactivation.eligibility import Eligibility, eligibility
from regulars.reactivation.funnel import Funnel
from regulars.reactivation.handover import Handover, planned_changes
from regulars.reactivation.jobs import Job, erase, jobs, records
from regulars.reactivation.lift import Lift, lift
from regulars.reactivation.progress import EcoaProgress
from regulars.reactivation.purchase import quote, submit

__all__ = [
    "Audience",
    "Budget",
    "Candidate",
    "EcoaDesk",
    "EcoaProgress",
    "Eligibility",
    "Funnel",
    "Handover",
    "Job",
    "Lift",
    "Month",
    "advance",
    "assign",
    "audience",
    "candidates",
    "confine",
    "eligibility",
    "erase",
    "is_reactivation",
    "jobs",
    "lift",
    "month",
    "planned_changes",
    "quote",
    "records",
    "submit",
]
