"""What a run did: for a person's terminal, `last_run.json`, `--json` and the run_finished hook alike."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

VERSION = 1


@dataclass
class Result:
    """One client's run. `state`: ok, failed, blocked; `exit_code` 0 or that of the error.

    `errors` are records that could not be counted; the rest of the run is complete. `reason` is one line
    about what went wrong, `safe` what is still safe, `then` the next command. `reconciled` says of each
    connection with orders how `reconciled_on` compares with the platform's own totals ("agrees", "off", "not
    compared: ..."), `reconcile_off` what of it no line of the bridge explains.
    """

    client: str
    run: str = ""
    kind: str = "night"
    state: str = "ok"
    exit_code: int = 0
    started_at: str = ""
    ended_at: str = ""
    newest_order_at: str | None = None
    reason: str = ""
    safe: str = ""
    then: str = ""
    streams: list[dict[str, Any]] = field(default_factory=list)
    customers: int = 0
    moves: int = 0
    segments: dict[str, int] = field(default_factory=dict)
    not_fresh: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    switched_off: list[str] = field(default_factory=list)
    reconciled_on: str | None = None
    reconciled: dict[str, str] = field(default_factory=dict)
    reconcile_off: list[str] = field(default_factory=list)
    plan: str | None = None
    plan_changes: int = 0
    guards: list[str] = field(default_factory=list)
    ecoa: dict[str, Any] = field(default_factory=dict)
    applied: dict[str, int] | None = None
    calls: dict[str, int] = field(default_factory=dict)
    version: int = VERSION

    def as_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)

    def store(self, folder: Path) -> None:
        """Write `last_run.json`, whole or not at all."""
        aside = folder / "last_run.json.tmp"
        aside.write_text(json.dumps(self.as_dict(), indent=2) + "\n", encoding="utf-8")
        os.replace(aside, folder / "last_run.json")


def reconcile_command(client_id: str, day: str | None) -> str:
    """What shows a day's difference line by line."""
    return f"regulars reconcile {client_id} --from {day} --to {day}"


def last_result(folder: Path) -> dict[str, Any] | None:
    """What `last_run.json` holds, None where no run has ended yet."""
    path = folder / "last_run.json"
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
