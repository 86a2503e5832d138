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


SECTIONS = [name for name in Sections.model_fields if name != "consent"]


@pytest.mark.parametrize("name", SECTIONS)
def test_a_shown_section_has_the_built_in_values(client, name):
    """Where nothing is built in, what is shown is an example."""
    found, built_in = getattr(client.config, name), getattr(Sections(), name)
    for key in found.model_fields_set:
        default = getattr(built_in, key)
        assert default is None or getattr(found, key) == default, key


@pytest.mark.parametrize("name", SECTIONS)
def test_every_key_of_a_section_is_shown(shown, name):
    """As set, or behind a `#` where stating it would change what is built in."""
    fields = {field.alias or key: field for key, field in type(getattr(Sections(), name)).model_fields.items()}
    needed = {key for key, field in fields.items() if field.default is not None}
    own = re.search(rf"^\[{name}\]\n(.*?)(?=^\[|\Z)", shown, re.DOTALL | re.MULTILINE)
    behind_a_mark = set(re.findall(r"^# (\w+)(?:\.\S+)? *=", own[1], re.MULTILINE)) if own else set()
    found = set(tomllib.loads(shown)[name])
    assert needed <= found | behind_a_mark
    assert found <= set(fields)
