"""Segments: rules over the catalogue, and who is in them with history.

A rule is a SQL boolean expression over one customer's columns, parsed against an allow-list, checked
for names, types and words, and compiled to SQL. SQL's three-valued logic is the rule we want: unknown
is not a member.
"""

from regulars.segments.holdout import Draw
from regulars.segments.library import Segment, in_use, read, shipped
from regulars.segments.membership import Report, before, build, remember
from regulars.segments.preview import Step, funnel
from regulars.segments.rule import Rule, parse

__all__ = [
    "Draw",
    "Report",
    "Rule",
    "Segment",
    "Step",
    "before",
    "build",
    "funnel",
    "in_use",
    "parse",
    "read",
    "remember",
    "shipped",
]
