"""Who is held out of a series: a hash decides, the same on every machine and without a table."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

_DIGITS = 13


@dataclass(frozen=True, slots=True)
class Draw:
    """The draw of one client: `share` (0 to 1) of its customers is held out of each series.

    A customer is held out where SHA-256("salt|client|series|customer_id"), read as a fraction, is
    below the share. Merging profiles does not change it, because the oldest profile's id stays.
    """

    salt: str
    client: str
    share: float

    def held_out(self, series: str, customer_id: str) -> bool:
        """Whether this customer is left alone."""
        text = f"{self._prefix(series)}{customer_id}"
        return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS] < self._threshold

    def sql(self, series: str) -> str:
        """The same as a SQL condition over the column `customer_id`."""
        prefix = self._prefix(series).replace("'", "''")
        return f"(left(sha256('{prefix}' || customer_id), {_DIGITS}) < '{self._threshold}')"

    def _prefix(self, series: str) -> str:
        return f"{self.salt}|{self.client}|{series}|"

    @property
    def _threshold(self) -> str:
        # Hexadecimal digits of equal number compare as text like the numbers they are; "g" is above all.
        return f"{int(self.share * 16**_DIGITS):0{_DIGITS}x}" if self.share < 1 else "g"
