"""Thirty nights of one seed, with every check after each of them."""

import pytest

from benchmarks.year.year import Year


@pytest.fixture
def thirty_nights(tmp_path):
    def live(seed: int) -> Year:
        with Year(tmp_path / "house", seed) as year:
            for number in range(30):
                found = year.night()
                again = f"python -m benchmarks.year --seed {seed} --nights {number + 1}"
                assert not found, "\n".join([f"seed {seed}, night {number}; again: {again}", *found])
        return year

    return live
