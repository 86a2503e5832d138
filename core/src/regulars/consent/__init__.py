"""Consent: one verdict per person and channel over all platforms, and the firewall every write passes.

The strictest statement about any profile of a person counts. Unknown is no. Nothing here could
subscribe anybody, and nothing but a platform's own word lifts a stop.
"""

from regulars.consent import firewall
from regulars.consent.freshness import Freshness, freshness
from regulars.consent.ledger import Basis, build
from regulars.consent.stops import Stops, reference, stop, stops

__all__ = ["Basis", "Freshness", "Stops", "build", "firewall", "freshness", "reference", "stop", "stops"]
