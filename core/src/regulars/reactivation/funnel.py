"""Everybody is either in or left out for one first reason; the counts add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Funnel:
    """`of` people or addresses looked at, `left_out` per reason in the order of the checks, `left`."""

    of: int
    left_out: Mapping[str, int]
    left: int

    @classmethod
    def count(cls, reasons: Iterable[str | None], order: Iterable[str]) -> Funnel:
        """From one reason per person (None: nothing against), shown in `order`."""
        found = Counter(reasons)
        left = found.pop(None, 0)
        shown = {reason: found[reason] for reason in order if found[reason]}
        return cls(left + sum(found.values()), shown, left)

    def lines(self, first: str, words: Mapping[str, str], notes: Mapping[str, str] | None = None) -> list[str]:
        """The funnel for a person to read: `first` says what was looked at, `words` each reason."""
        told = notes or {}
        body = [
            f"{MINUS + format(count, ','):>9} {words[reason]}{'   → ' + told[reason] if reason in told else ''}"
            for reason, count in self.left_out.items()
        ]
        return [f"{self.of:>9,} {first}", *body, f"{'=' + format(self.left, ','):>9}"]
