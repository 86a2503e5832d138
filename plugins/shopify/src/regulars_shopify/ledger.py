"""Which objects a shop had when it was last asked: their numbers, packed into a cursor.

Numbers only grow, so that the differences between neighbours are small and pack well: a million take
a few megabytes. A mark is a second number kept beside one: a customer's latest order (0 for none), or
the second in which an order was made.
"""

from __future__ import annotations

import json
import zlib
from array import array
from base64 import b85decode, b85encode
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate, chain
from operator import sub


class Ledger:
    """Numbers in ascending order, each with its mark.

    `asked` and `listed` are the seconds in which marks were last looked at: those that may have changed,
    and all of them.
    """

    def __init__(
        self, numbers: Iterable[int] = (), marks: Iterable[int] = (), asked: int = 0, listed: int = 0
    ) -> None:
        self.numbers, self.marks = array("q", numbers), array("q", marks)
        self.asked, self.listed = asked, listed

    @classmethod
    def of(cls, cursor: str | None) -> Ledger:
        """What a cursor holds; empty for none."""
        if cursor is None:
            return cls()
        held = json.loads(cursor)
        marks = accumulate(_unpacked(held["marks"]))
        return cls(accumulate(_unpacked(held["ids"])), marks, held.get("asked", 0), held.get("listed", 0))

    def cursor(self) -> str:
        """The ledger as text."""
        when = {"asked": self.asked, "listed": self.listed}
        return json.dumps({"ids": _packed(self.numbers), "marks": _packed(self.marks)} | when)

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def last(self) -> int:
        """The greatest number, 0 where there is none."""
        return self.numbers[-1] if self.numbers else 0

    def add(self, number: int, mark: int) -> None:
        """Note a number that is greater than all before."""
        self.numbers.append(number)
        self.marks.append(mark)

    def mark(self, number: int) -> int:
        """What is kept beside a number."""
        return self.marks[bisect_left(self.numbers, number)]

    def remark(self, number: int, mark: int) -> None:
        """Keep another mark beside a number; one that is not noted is left for its turn."""
        at = bisect_left(self.numbers, number)
        if at < len(self) and self.numbers[at] == number:
            self.marks[at] = mark

    def span(self, low: int, high: int) -> range:
        """The places of the numbers from one up to and with another."""
        return range(bisect_left(self.numbers, low), bisect_right(self.numbers, high))

    def without(self, gone: set[int]) -> Ledger:
        """The ledger with some numbers struck out."""
        kept = [at for at, number in enumerate(self.numbers) if number not in gone]
        numbers, marks = (self.numbers[at] for at in kept), (self.marks[at] for at in kept)
        return Ledger(numbers, marks, self.asked, self.listed)


def _packed(numbers: array[int]) -> str:
    steps = array("q", map(sub, numbers, chain((0,), numbers)))
    return b85encode(zlib.compress(steps.tobytes(), 6)).decode()


def _unpacked(text: str) -> array[int]:
    steps = array("q")
    steps.frombytes(zlib.decompress(b85decode(text)))
    return steps
