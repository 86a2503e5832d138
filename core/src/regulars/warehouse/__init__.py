"""One client's tables in one DuckDB file: rebuildable, opened for short bursts, published as a snapshot.

Nothing outside this package knows DuckDB. The file holds only what segments, facts or a new sync can
make again.
"""

from regulars.warehouse.kept import Kept, digest, forget, keep, kept, together
from regulars.warehouse.segments import read_segment, rewrite_without, write_segment
from regulars.warehouse.session import Session
from regulars.warehouse.statements import statement
from regulars.warehouse.store import Warehouse

__all__ = [
    "Kept",
    "Session",
    "Warehouse",
    "digest",
    "forget",
    "keep",
    "kept",
    "read_segment",
    "rewrite_without",
    "statement",
    "together",
    "write_segment",
]
