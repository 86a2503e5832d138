"""Extreme parameters and customers, shops of 1 to 500 random customers, and degenerate ones: always a number."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import date

import numpy as np
import pyarrow.compute as pc
from regulars.clv.buying import Buying
from regulars.clv.choice import EPOCH, Days, fit_history
from regulars.clv.forecast import forecast
from regulars.clv.pareto import Likelihood, Pareto
from regulars.clv.settings import TITLES, ClvSettings, Name
from regulars.clv.summary import summarise
from regulars.clv.table import compress

from benchmarks.figures import Figure

TODAY = date(2026, 6, 1)
END = (TODAY - EPOCH).days
WINDOW = 730
BUYING = list(
    itertools.product(
        (False, True),
        (0.2, 30.0),
        (1e-3, 0.3, 0.999, 1.0, 1.5, 40.0),
        (0.01, 10.0, 4000.0),
        (0, 1, 200, 1000, 5000),
    )
)
"""Modified or not, b, a, alpha and x: 360 cases."""
PARETO = [
    (r, alpha, s, beta)
    for r, s in ((0.01, 0.01), (0.7, 0.999999), (0.7, 1.0), (0.7, 30.0))
    for alpha, beta in ((0.1, 1000.0), (1000.0, 0.1), (30.0, 30.0))
][:11]
CUSTOMERS = ((0, 0, 365), (0, 0, 1), (1, 3, 365), (50, 300, 365), (1000, 364, 365), (5000, 364, 365))
"""x, tx and age: with the 11 above 66 cases."""

Shop = list[list[int]]
"""The days of each customer, counted back from today."""


def figures(scale: float) -> Iterator[Figure]:
    bad = sum(_is_bad(_buying(*case)) for case in BUYING)
    yield Figure("BG and MBG/NBD scores that are no number", bad, "cases", f"of {len(BUYING)}", "none", bad == 0)
    cases = list(itertools.product(PARETO, CUSTOMERS))
    bad = sum(_is_bad(_pareto(*case)) for case in cases)
    yield Figure("Pareto/NBD scores that are no number", bad, "cases", f"of {len(cases)}", "none", bad == 0)
    yield _scored("random shops", [(f"{n} customers", shop, None) for n, shop in _random(scale)])
    degenerate: list[tuple[str, Shop, Name | None]] = [
        (f"{case}, {title}", shop, name) for case, shop in _DEGENERATE.items() for name, title in TITLES.items()
    ]
    yield _scored("degenerate shops", degenerate)


def _buying(modified: bool, b: float, a: float, alpha: float, x: int) -> list[float]:
    model, age = Buying(0.5, alpha, a, b, modified), np.array([1.0])
    return _scores(model, np.array([float(x)]), np.minimum(age, x), age)


def _pareto(parameters: tuple[float, ...], customer: tuple[int, ...]) -> list[float]:
    who = [np.array([float(value)]) for value in customer]
    likelihood = Likelihood(compress(*who))(np.log(parameters))[0]
    return [*_scores(Pareto(*parameters), *who), abs(likelihood)]


def _scores(model: Buying | Pareto, *who: np.ndarray) -> list[float]:
    found = model.alive(*who), model.active(*who, 90.0), model.expected(*who, 365.0)
    return [float(score[0]) for score in found]


def _is_bad(scores: list[float]) -> bool:
    return not (np.all(np.isfinite(scores)) and min(scores) >= 0 and max(scores[:2]) <= 1)


def _random(scale: float) -> Iterator[tuple[int, Shop]]:
    """Customers who buy and leave at random, in shops of every size."""
    dice = np.random.default_rng(11)
    for customers in range(1, 501, max(1, round(1 / scale))):
        shop = []
        for _ in range(customers):
            first = int(dice.integers(0, WINDOW))
            gaps = np.ceil(dice.exponential(1 / dice.gamma(0.9, 1 / 30), int(dice.geometric(0.2)))).cumsum()
            shop.append([first, *(first - int(gap) for gap in gaps if gap <= first)])
        yield customers, shop


def _scored(title: str, shops: list[tuple[str, Shop, Name | None]]) -> Figure:
    """Fit, back-test and forecast of each, as a night does it."""
    failed = [why for what, shop, name in shops if (why := _failure(what, lambda: _no_numbers(shop, name)))]  # noqa: B023
    for why in failed[:5]:
        print(why)
    how = f"of {len(shops)}: history, fit, back-test, scores with intervals"
    return Figure(f"{title} that fail", len(failed), "shops", how, "none", not failed)


def _failure(what: str, bad: Callable[[], str]) -> str:
    try:
        why = bad()
    except Exception as error:  # noqa: BLE001 - any at all is what is counted
        why = f"{type(error).__name__}: {error}"
    return f"{what}: {why}" if why else ""


def _no_numbers(shop: Shop, name: Name | None) -> str:
    """The columns with something that is no number, or infinite."""
    rows = [(who, END - back, 1000 + 37 * who + back) for who, days in enumerate(shop) for back in set(days)]
    customer, day, amount = (np.array(part) for part in zip(*rows, strict=True))
    known, settings = summarise(customer, day, amount, END), ClvSettings(model=name)
    days = Days(customer, day.astype(np.int32), amount.astype(np.float64))
    fitted = fit_history(known, days, settings, TODAY, None)
    if fitted is None:
        return "" if known.age.max() == 0 else "no model"
    found = forecast(fitted, known, settings, TODAY).rows
    number = [
        column for column in found.column_names if str(found.schema.field(column).type) in ("double", "int64")
    ]
    bad = [column for column in number if not pc.all(pc.is_finite(found[column])).as_py()]
    return ", ".join(bad)


_DEGENERATE: dict[str, Shop] = {
    "one customer": [[90, 60, 30]],
    "one customer of one purchase": [[30]],
    "nobody came back": [[back] for back in range(1, 61)],
    "all alike": [[90, 60, 50, 30]] * 80,
    "nobody left": [list(range(1, 366, 18))] * 60,
    "one whale": [list(range(5001)), *([[365]] * 70)],
    "first bought yesterday": [[1]] * 90,
    "all bought today": [[0]] * 90,
    "came back the next day, once": [[400, 399]] * 120,
    "half of today": [*([[0]] * 60), *([[700, 300, 2]] * 60)],
}
