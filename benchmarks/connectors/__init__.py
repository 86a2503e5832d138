"""Reading beside other tools: CPU, memory, rows a second, and the pace under the platforms' limits.

Every client reads the very same pre-encoded pages from a server in a process of its own, and all must come
to the same ids. The peers are dlt, the official SDKs and a Singer tap, each in an environment of its own.
"""

from __future__ import annotations

from benchmarks.figures import Figure


def measure(scale: float = 1.0) -> list[Figure]:
    # The clients' scripts are modules of this package too, and run where the product is not installed.
    from benchmarks.connectors import cost, memory, pace, ports

    return [*cost.figures(scale), *memory.figures(scale), *pace.figures(scale), *ports.figures(scale)]
