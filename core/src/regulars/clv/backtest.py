"""What a model would have said a while ago, against what came: the only grade that counts.

The past up to a cut is fitted and scored; the time between cut and end is what is predicted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from regulars.clv.grade import Decile, Grade
from regulars.clv.score import Model, expected_if_alive
from regulars.clv.summary import Summary, summarise
from regulars.clv.table import Floats


def split(
    customer: NDArray[np.int64], day: NDArray[np.int32], amount: Floats, cut: int, end: int
) -> tuple[Summary, Floats]:
    """The customers known at `cut`, and how many days with a purchase each had in (cut, end]."""
    known = summarise(customer, day, amount, cut)
    later = (day > cut) & (day <= end)
    at = np.searchsorted(known.customer, customer[later])
    inside = at < len(known)
    at = at[inside]
    same = known.customer[at] == customer[later][inside]
    return known, np.bincount(at[same], minlength=len(known)).astype(np.float64)


def grade_model(model: Model, known: Summary, actual: Floats, days: float) -> Grade:
    """Number of purchase days and the chance of at least one, against what came."""
    alive = model.alive(known.x, known.tx, known.age)
    predicted = alive * expected_if_alive(model, known.x, known.age, days)
    return grade(predicted, alive * model.active_if_alive(known.x, known.age, days), actual)


def grade(predicted: Floats, chance: Floats, actual: Floats) -> Grade:
    """All figures of a back-test; None where nothing came that could be compared."""
    came = (actual > 0).astype(np.float64)
    total, n = float(actual.sum()), len(actual)
    order = np.argsort(-predicted, kind="stable")
    parts = tuple(
        Decile(len(part), float(predicted[part].sum()), float(actual[part].sum()))
        for part in np.array_split(order, 10)
    )
    return Grade(
        n,
        total,
        float(predicted.sum()),
        float(predicted.sum()) / total - 1 if total else None,
        float(np.abs(predicted - actual).mean()) if n else 0.0,
        _gini(predicted, actual),
        float(np.mean((chance - came) ** 2)) if n else 0.0,
        float(np.mean((came.mean() - came) ** 2)) if n else 0.0,
        (parts[0].actual / parts[0].customers) / (total / n) if total else None,
        parts,
    )


def _gini(predicted: Floats, actual: Floats) -> float | None:
    """Area between the curve of captured totals and the diagonal, as a share of the perfect ranking's."""

    def area(order: NDArray[np.intp]) -> float:
        share = np.cumsum(actual[order]) / actual.sum()
        return float(share.mean()) - (len(order) + 1) / (2 * len(order))

    if not len(actual) or actual.sum() <= 0:
        return None
    perfect = area(np.argsort(-actual, kind="stable"))
    return area(np.argsort(-predicted, kind="stable")) / perfect if perfect > 0 else None
