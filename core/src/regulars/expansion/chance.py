"""What two products' own frequencies explain, and how much is chance when thousands of pairs are tried."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

ROUNDS = 100
FALSE_SHARE = 0.05


def quasi_independent(leads: Sequence[int], follows: Sequence[int]) -> tuple[list[float], list[float]]:
    """Two factors per product, so that first A then B is expected lead[A] x follow[B] times.

    `leads` and `follows`: how many pairs each product begins and ends. The factors reproduce both sums
    although nothing pairs with itself: quasi-independence by iterative proportional fitting (Bishop,
    Fienberg, Holland, Discrete Multivariate Analysis, 1975, section 5.2). People who buy much, and
    products everybody buys, therefore make no lift by themselves.
    """
    total = float(sum(leads)) or 1.0
    lead = [float(n) for n in leads]
    follow = [n / total for n in follows]
    for _ in range(ROUNDS):
        sum_follow = sum(follow)
        fitted = [_share(n, sum_follow - own) for n, own in zip(leads, follow, strict=True)]
        sum_lead = sum(fitted)
        follow = [_share(n, sum_lead - own) for n, own in zip(follows, fitted, strict=True)]
        moved = max((abs(new - old) / new for new, old in zip(fitted, lead, strict=True) if new), default=0.0)
        lead = fitted
        if moved < 1e-6:
            break
    return lead, follow


def cut(scores: Sequence[float], tried: int) -> float:
    """The least standard score that still counts, of `tried` pairs: at most one in twenty of what passes is
    expected to be chance (Benjamini and Hochberg, J. R. Stat. Soc. B 57, 1995, pages 289-300)."""
    normal, passed = NormalDist(), float("inf")
    for rank, score in enumerate(sorted(scores, reverse=True), start=1):
        if normal.cdf(-score) <= FALSE_SHARE * rank / max(tried, 1):
            passed = score
    return passed


def _share(count: int, of: float) -> float:
    return count / of if count and of > 0 else 0.0
