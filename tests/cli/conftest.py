from __future__ import annotations

import pytest
from click.testing import CliRunner
from regulars.cli import root


@pytest.fixture
def regulars():
    """Runs the command line; the result has stdout, stderr and exit_code."""

    def run(*args, answers=None, environ=None):
        return CliRunner(env=environ).invoke(root, [str(arg) for arg in args], input=answers)

    return run


@pytest.fixture
def agency(tmp_path, regulars):
    """A workspace with the client acme."""
    folder = tmp_path / "agency"
    assert regulars("init", folder, "--name", "Harbour", "--timezone", "Europe/London").exit_code == 0
    add = ("client", "add", "acme", "--name", "Acme", "--timezone", "Europe/Vienna", "--currency", "EUR")
    assert regulars("-w", folder, *add).exit_code == 0
    return folder
