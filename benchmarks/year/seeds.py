"""Many seeds of a whole year, in a directory that remembers how far each came.

Several processes may share the directory: a seed belongs to whoever holds the lock on it, and a process
that dies lets go. Each is kept every few nights and goes on from there.

`python -m benchmarks.year.seeds DIR SEEDS NIGHTS` is one worker.
"""

from __future__ import annotations

import fcntl
import pickle
import shutil
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.year.year import Figures, Year

EVERY = 10
"""Nights between two that are kept."""
WRONG = "mismatches.txt"


@dataclass(frozen=True)
class Come:
    """How far a seed came, and what was wrong with it."""

    seed: int
    figures: Figures
    mismatches: tuple[str, ...]


def work(state: Path, seeds: int, nights: int) -> None:
    """Live every seed that nobody else is at, to its end."""
    for seed in range(1, seeds + 1):
        folder = state / f"seed-{seed:02}"
        with _mine(state, seed) as is_mine:
            if is_mine:
                _live(folder, seed, nights)


def come(state: Path, seeds: int) -> list[Come]:
    """How far all of them came."""
    found = []
    for seed in range(1, seeds + 1):
        folder = state / f"seed-{seed:02}"
        kept, wrong = _newest(folder), folder / WRONG
        figures = _read(kept)["figures"] if kept else Figures()
        found.append(Come(seed, figures, tuple(wrong.read_text().splitlines()) if wrong.exists() else ()))
    return found


def _live(folder: Path, seed: int, nights: int) -> None:
    if (folder / WRONG).exists():
        shutil.rmtree(folder)  # the program is another one by now, or it will be wrong again
    kept, house = _newest(folder), folder / "house"
    shutil.rmtree(house, ignore_errors=True)
    if kept:
        shutil.copytree(kept / "house", house)
    try:
        with Year(house, seed, _read(kept) if kept else None) as year:
            _nights(year, folder, nights)
    except Exception:  # noqa: BLE001 - one seed's end is not that of the others
        _wrong(folder, seed, nights, traceback.format_exc().splitlines())


def _nights(year: Year, folder: Path, nights: int) -> None:
    while year.number < nights:
        began = time.perf_counter()
        found = year.night()
        year.figures.seconds += time.perf_counter() - began
        if found:
            return _wrong(folder, year.seed, year.number, found)
        if year.number % EVERY == 0 or year.number >= nights:
            _keep(year, folder)
            print(f"seed {year.seed:2}: {year.number} nights, {year.figures.seconds:.0f} s", flush=True)
    return None


def _wrong(folder: Path, seed: int, nights: int, found: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    told = [f"seed {seed}: {text}" for text in found]
    told.append(f"seed {seed}: again with python -m benchmarks.year --seed {seed} --nights {nights}")
    (folder / WRONG).write_text("\n".join(told) + "\n")
    print("\n".join(told), flush=True)


def _keep(year: Year, folder: Path) -> None:
    """Keep this night; the older ones go once it is whole."""
    aside, place = folder / "aside", folder / f"night-{year.number:04}"
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(year.root, aside / "house")
    (aside / "year.pickle").write_bytes(pickle.dumps(year.kept()))
    aside.rename(place)
    for older in folder.glob("night-*"):
        if older != place:
            shutil.rmtree(older)


def _newest(folder: Path) -> Path | None:
    return max(folder.glob("night-*"), default=None)


def _read(kept: Path) -> dict[str, Any]:
    found: dict[str, Any] = pickle.loads((kept / "year.pickle").read_bytes())
    return found


@contextmanager
def _mine(state: Path, seed: int) -> Iterator[bool]:
    state.mkdir(parents=True, exist_ok=True)
    with (state / f"seed-{seed:02}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


if __name__ == "__main__":
    work(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
