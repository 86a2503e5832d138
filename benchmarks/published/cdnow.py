"""CDNOW: the tenth that the papers used, weeks 1 to 39, and the errors on the 39 weeks after, of all customers.

BG/NBD and Pareto/NBD: Fader, Hardie & Lee (2005), Marketing Science 24(2); MBG/NBD: as BTYDplus asserts;
Gamma-Gamma: Fader & Hardie (2013), log-likelihood as CLVTools asserts.
"""

from __future__ import annotations

import gzip
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
from regulars.clv.backtest import grade_model, split
from regulars.clv.fit import Fit
from regulars.clv.ladder import fit_shop, made
from regulars.clv.models import fit_buying, fit_pareto, fit_spend
from regulars.clv.summary import summarise
from regulars.clv.table import compress

from benchmarks.figures import Figure

START = date(1997, 1, 1)
CUT = (date(1997, 9, 30) - START).days
HOLDOUT = 39 * 7
PUBLISHED = {
    "BG/NBD": ({"r": ".243", "alpha": "4.414", "a": ".793", "b": "2.426"}, -9582.4),
    "Pareto/NBD": ({"r": ".553", "alpha": "10.578", "s": ".606", "beta": "11.669"}, -9595.0),
    "MBG/NBD": ({"r": ".525", "alpha": "6.183", "a": ".891", "b": "1.614"}, None),
    "Gamma-Gamma": ({"p": "6.25", "q": "3.74", "v": "15.44"}, -4055.92),
}
LIKELY = 0.05
ERRORS = {"mbg_nbd": ("MBG/NBD", 0.7945), "pareto_nbd": ("Pareto/NBD", 0.7938), "bg_nbd": ("BG/NBD", 0.8187)}
ROUNDING = 0.00005  # the errors were written down with four places


def figures(data: Path) -> Iterator[Figure]:
    known = summarise(*purchases(data / "CDNOW_sample.txt"), CUT)
    weeks = compress(known.x, known.tx / 7, known.age / 7)
    yield from _published("BG/NBD", fit_buying(weeks, modified=False))
    yield from _published("Pareto/NBD", fit_pareto(weeks))
    yield from _published("MBG/NBD", fit_buying(weeks, modified=True))
    yield from _published("Gamma-Gamma", fit_spend(known.x, known.mean_repeat))
    yield from _errors(data / "CDNOW_master.txt.gz")


def purchases(file: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Customer, day and the dollars of that day."""
    with gzip.open(file, "rt") if file.suffix == ".gz" else file.open() as lines:
        rows = [line.split() for line in lines]
    at = 1 if len(rows[0]) == 5 else 0  # the sample numbers its customers anew, in a column of its own
    dollars: dict[tuple[int, int], float] = defaultdict(float)
    for row in rows:
        if row and row[0].isdigit():
            dollars[int(row[at]), (date.fromisoformat(row[-3]) - START).days] += float(row[-1])
    customer, day = np.array(list(dollars)).T
    return customer, day, np.array(list(dollars.values()))


def _published(title: str, found: Fit) -> Iterator[Figure]:
    """Parameters as far as they were published: the last printed digit, give or take one."""
    expected, likelihood = PUBLISHED[title]
    for (name, text), value in zip(expected.items(), found.values.tolist(), strict=True):
        room = 10.0 ** -len(text.partition(".")[2])
        close = bool(abs(value - float(text)) < room)
        told = f"published {text}"
        yield Figure(f"CDNOW {title} {name}", value, "", f"{value:.5g}, {told}", f"{room:g} about it", close)
    if likelihood is not None:
        off = abs(float(found.log_likelihood) - likelihood)
        yield Figure(
            f"CDNOW {title} log-likelihood", found.log_likelihood, "", f"published {likelihood}",
            f"{LIKELY} about it", off <= LIKELY,
        )  # fmt: skip


def _errors(file: Path) -> Iterator[Figure]:
    """As the errors were written down: without a prior. With the product's they are told beside it."""
    known, actual = split(*purchases(file), CUT, CUT + HOLDOUT)
    table = known.table()
    for name, (title, limit) in ERRORS.items():
        plain = fit_pareto(table) if name == "pareto_nbd" else fit_buying(table, name == "mbg_nbd")
        models = made(name, plain.values), fit_shop(table, name).model
        error, with_prior = (grade_model(model, known, actual, float(HOLDOUT)).mae for model in models)
        how = f"{error:.5f}, with the product's prior {with_prior:.5f}; {len(known):,} customers, 39 weeks"
        yield Figure(f"CDNOW {title} MAE", error, "", how, f"at most {limit}", error <= limit + ROUNDING)
