"""What a run did about jobs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class EcoaProgress:
    """What happened to open jobs, and what was done afterwards.

    `found` counts results by state, `strangers` record keys that were never ours, `missing` people a
    finished job said nothing about, `adopted` profiles joined to the customer they were found for.
    `returned`, `suppressed` and `erased` are record keys that were told to the provider. `faults` are
    jobs that could not be asked, and why; `notes` what somebody should look at, both by job.
    """

    polled: int = 0
    settled: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    found: Counter[str] = field(default_factory=Counter)
    strangers: int = 0
    missing: int = 0
    adopted: int = 0
    returned: int = 0
    suppressed: int = 0
    erased: int = 0
    faults: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def note(self, job: str, text: str) -> None:
        """Add to what should be looked at."""
        self.notes[job] = f"{self.notes[job]}; {text}" if job in self.notes else text
