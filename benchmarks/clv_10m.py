"""The whole way for ten million customers and 95 million orders. Needs 8 GB of disk for a while."""

from __future__ import annotations

from benchmarks.clv.rebuild import figures
from benchmarks.figures import Figure

CUSTOMERS = 10_000_000


def measure(scale: float = 1.0) -> list[Figure]:
    return list(figures(max(10_000, int(CUSTOMERS * scale)), runs=1, whole=True))
