"""The whole check on a fresh machine: `python3 -m tests [pytest arguments]`.

Makes its own environments in .venv-tests*, installs the five distributions and the checkers with the
versions of constraints.txt, then runs lint, types, import rules and tests; last, what touches DuckDB
once more on the older of its two supported major versions. Needs Python 3.11 and git.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DISTRIBUTIONS = ("core", "plugins/ecoa", "plugins/hubspot", "plugins/mailchimp", "plugins/shopify")
ON_DUCKDB = ("tests/warehouse", "tests/identity", "tests/sync", "tests/metrics", "tests/segments")


def main() -> int:
    home = ROOT / ".venv-tests"
    python = prepared(home, (ROOT / "constraints.txt").read_text())
    checks = [
        [python, "-m", "ruff", "check", "."],
        [python, "-m", "ruff", "format", "--check", "."],
        [python, "-m", "mypy"],
        [str(home / "bin" / "lint-imports")],
        [python, "-m", "pytest", *sys.argv[1:]],
    ]
    if not sys.argv[1:]:
        checks.append([older_duckdb(), "-m", "pytest", *ON_DUCKDB])
    return next((code for check in checks if (code := passed(check))), 0)


def passed(check: list[str]) -> int:
    sys.stdout.write(f"$ {' '.join(check[1:])}\n")
    sys.stdout.flush()
    return subprocess.run(check, cwd=ROOT, check=False).returncode


def older_duckdb() -> str:
    pins = (ROOT / "constraints.txt").read_text().splitlines()
    others = [line for line in pins if not line.startswith("duckdb==")]
    return prepared(ROOT / ".venv-tests-duckdb1", "\n".join([*others, "duckdb<2"]))


def prepared(home: Path, pins: str) -> str:
    """An environment's Python, with everything installed that this checkout asks for."""
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["check"]
    editable = [part for folder in DISTRIBUTIONS for part in ("-e", str(ROOT / folder))]
    constraints = home / "constraints.txt"
    constraints.write_text(pins)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    environment = os.environ | {"PIP_NO_WARN_SCRIPT_LOCATION": "1"}
    subprocess.run([*pip, "-c", str(constraints), *editable, *asked], check=True, env=environment)
    return str(python)


if __name__ == "__main__":
    sys.exit(main())
