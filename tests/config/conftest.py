from __future__ import annotations

import pytest
from regulars.config import Workspace
from regulars.config.edit import add_client


@pytest.fixture
def workspace(tmp_path):
    """A new workspace with the clients acme and borough."""
    made = Workspace.create(tmp_path / "agency", "Harbour Lane", "Europe/London")
    for name in ("acme", "borough"):
        add_client(made, name, name=name.title(), timezone="Europe/London", currency="GBP", country="GB")
    return made


@pytest.fixture
def acme(workspace):
    """Reads acme's file after adding some lines to it."""

    def read(more="", environ=None):
        file = workspace.root / "clients" / "acme.toml"
        file.write_text(file.read_text() + more)
        return Workspace(workspace.root, environ or {}).client("acme")

    return read
