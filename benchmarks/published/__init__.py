"""Published parameters, holdout errors and extreme cases: whether the models say what they said elsewhere.

The public data sets are read beside the repository (REGULARS_SHARED); where they are not, nothing is measured
of them, and it is said.
"""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.published import cdnow, extremes, online_retail

ROOT = Path(__file__).parents[2]


def measure(scale: float = 1.0) -> list[Figure]:
    data = Path(os.environ.get("REGULARS_SHARED") or ROOT.parent / "shared") / "data"
    figures = list(extremes.figures(scale))
    for part, names in (
        (cdnow, ("CDNOW_sample.txt", "CDNOW_master.txt.gz")),
        (online_retail, ("online_retail.csv.gz",)),
    ):
        missing = [name for name in names if not (data / name).exists()]
        if missing:
            print(f"{', '.join(missing)}: not measured: data not found in {data}")
        else:
            figures += part.figures(data)
    return figures
