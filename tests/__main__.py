"""The whole check on a fresh machine: `python3 -m tests [pytest arguments]`.

Makes its own environment in .venv-tests, installs the five distributions and the checkers with the
versions of constraints.txt, then runs lint, types, import rules and tests. Needs Python 3.11 and git.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".venv-tests"
DISTRIBUTIONS = ("core", "plugins/ecoa", "plugins/hubspot", "plugins/mailchimp", "plugins/shopify")


def main() -> int:
    python = prepared()
    checks = (
        [python, "-m", "ruff", "check", "."],
        [python, "-m", "ruff", "format", "--check", "."],
        [python, "-m", "mypy"],
        [str(HOME / "bin" / "lint-imports")],
        [python, "-m", "pytest", *sys.argv[1:]],
    )
    for check in checks:
        sys.stdout.write(f"$ {' '.join(check[1:])}\n")
        sys.stdout.flush()
        if code := subprocess.run(
            check, cwd=ROOT, env=os.environ | {"PYTHONWARNINGS": ""}, check=False
        ).returncode:
            return code
    return 0


def prepared() -> str:
    """The environment's Python, with everything installed that this checkout asks for."""
    python = HOME / "bin" / "python"
    if not python.exists():
        venv.create(HOME, with_pip=True)
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["check"]
    editable = [part for folder in DISTRIBUTIONS for part in ("-e", str(ROOT / folder))]
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-c", str(ROOT / "constraints.txt"), *editable, *asked], check=True)
    return str(python)


if __name__ == "__main__":
    sys.exit(main())
