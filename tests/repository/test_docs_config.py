"""The client file that docs/operating.md shows is one that loads, and its defaults are the real ones."""

import re
import tomllib
from pathlib import Path

import pytest
from regulars.config import open_workspace
from regulars.config.sections import Sections
from regulars.plugins import load

DOCS = Path(__file__).resolve().parents[2] / "docs"
AGENCY = 'schema = 1\n[agency]\nname = "Harbour Lane"\ntimezone = "Europe/London"\n'


@pytest.fixture
def shown():
    (text,) = re.findall(r"```toml\n(schema.*?)```", (DOCS / "operating.md").read_text(), re.DOTALL)
    return text


@pytest.fixture
def client(shown, tmp_path):
    (tmp_path / "clients").mkdir()
    (tmp_path / "regulars.toml").write_text(AGENCY)
    (tmp_path / "clients" / "fernhill.toml").write_text(shown)
    return open_workspace(tmp_path, {}).client("fernhill")


def test_the_shown_client_file_loads(client):
    assert client.config.map[1].from_ == "segments"


def test_the_shown_connections_are_of_installed_plugins(client):
    plugins = {connection.plugin for connection in client.config.connections.values()}
    assert plugins == {"shopify", "hubspot", "mailchimp"} <= set(load().connectors)


@pytest.mark.parametrize("name", [name for name in Sections.model_fields if name != "consent"])
def test_a_shown_section_has_the_built_in_values(client, name):
    assert getattr(client.config, name) == getattr(Sections(), name)


@pytest.mark.parametrize("name", [name for name in Sections.model_fields if name != "consent"])
def test_every_key_of_a_section_is_shown(shown, name):
    fields = {field.alias or key: field for key, field in type(getattr(Sections(), name)).model_fields.items()}
    needed = {key for key, field in fields.items() if field.default is not None}
    assert needed <= set(tomllib.loads(shown)[name]) <= set(fields)
