"""What must never be lost: runs, leases, cursors, segments, the write ledger, facts.

One SQLite file per client. Every change is a short transaction that is durable when it returns and
that a worker without the lease cannot make. Nothing outside this package knows which database it is.
"""

from regulars.journal.facts import Fact
from regulars.journal.lease import Lease
from regulars.journal.store import Journal, Row, Tx

__all__ = ["Fact", "Journal", "Lease", "Row", "Tx"]
