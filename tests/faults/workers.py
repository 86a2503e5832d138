"""What a worker does until it is killed."""

from __future__ import annotations

from pathlib import Path

from regulars.config import open_workspace
from regulars.plugins import load
from regulars.run.night import run_client


def night(root: Path) -> None:
    """Read and measure one client; ends with an error where the run does."""
    result = run_client(open_workspace(root).client("acme"), load(), write=False)
    if result.state != "ok":
        raise SystemExit(result.reason)
