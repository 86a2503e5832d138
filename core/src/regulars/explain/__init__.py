"""Where a number, a stage or a level comes from, in values that can be recomputed, and what words mean.

Everything is read from a published snapshot and the journal's facts; nothing is computed anew that a
night has not stored, except retention of a span that somebody asks for.
"""

from regulars.explain.glossary import TERMS, Term, term
from regulars.explain.metric import METRICS, OF_A_SPAN, explain_metric
from regulars.explain.person import Person, explain_person
from regulars.explain.rules import Reason

__all__ = ["METRICS", "OF_A_SPAN", "TERMS", "Person", "Reason", "Term", "explain_metric", "explain_person", "term"]
