"""The other tools, each in an environment of its own with frozen versions, and running a client's script.

Environments are made on first use below the system's directory for temporary files, from
`benchmarks/peers/<name>.txt`; none touches the product's. Where one cannot be made, the reason stands in
the figures' place.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
QUIET = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
    # Compressing its files is a large part of what dlt does by default; without it is its cheapest way.
    "DATA_WRITER__DISABLE_COMPRESSION": "true",
}


class Unmeasured(Exception):
    """Why there is no figure."""


@cache
def interpreter(peer: str, base: str = sys.executable) -> Path:
    """The Python of a peer's environment, made from `base` where it is not there yet. Raises Unmeasured."""
    pins = ROOT / "benchmarks" / "peers" / f"{peer}.txt"
    stamp = sha256(pins.read_bytes() + _version(base).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / "regulars-benchmarks" / f"{peer}-{stamp}"
    python, whole = folder / "bin" / "python", folder / "whole"
    if not whole.exists():
        print(f"making the environment of {peer} ...", flush=True)
        _done([base, "-m", "venv", "--clear", str(folder)], peer)
        _done([str(python), "-m", "pip", "install", "--quiet", "--no-deps", "-r", str(pins)], peer)
        whole.touch()
    return python


def version(peer: str, package: str) -> str:
    """A package's frozen version."""
    pins = (ROOT / "benchmarks" / "peers" / f"{peer}.txt").read_text().splitlines()
    return next(line.partition("==")[2] for line in pins if line.startswith(f"{package}=="))


def asked(python: Path | str, script: str, *args: str) -> dict[str, Any]:
    """What a client's script prints. Raises Unmeasured where it fails."""
    command = [str(python), "-m", f"benchmarks.connectors.{script}", *args]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **QUIET}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Unmeasured(f"{script} {args[0]} failed: {(done.stderr.strip().splitlines() or ['?'])[-1][:200]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _version(python: str) -> str:
    if python == sys.executable:
        return sys.version
    return subprocess.run([python, "-VV"], capture_output=True, text=True, check=True).stdout


def _done(command: list[str], peer: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unmeasured(f"the environment of {peer} could not be made ({' '.join(command[1:3])} failed)")
