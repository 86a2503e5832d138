"""Customer lifetime value: from a million customers' orders to a score for everybody, beside lifetimes and pymc.

All read the very same file, in turn, each in a process and an environment of its own. And the rebuild of what
is kept per customer from the stored customer-days, beside what DuckDB's own scan and grouping costs.
"""

from __future__ import annotations

from benchmarks.figures import Figure

CUSTOMERS = 1_000_000


def measure(scale: float = 1.0) -> list[Figure]:
    # The peers' scripts are modules of this package too, and run where the product is not installed.
    from benchmarks.clv import beside, rebuild

    customers = max(10_000, int(CUSTOMERS * scale))
    return [*beside.figures(customers), *rebuild.figures(customers)]
