"""Platforms to tables: pages become segments with their cursor in one transaction, then are merged."""

from regulars.sync.gates import Anomaly, check_freshness, check_volume, newest_order
from regulars.sync.merge import drop_old_segments, merge_pending
from regulars.sync.read import Landing, StreamCount, cursors, read_stream, roll_back
from regulars.sync.signals import map_signals

__all__ = [
    "Anomaly",
    "Landing",
    "StreamCount",
    "check_freshness",
    "check_volume",
    "cursors",
    "drop_old_segments",
    "map_signals",
    "merge_pending",
    "newest_order",
    "read_stream",
    "roll_back",
]
