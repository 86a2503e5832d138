"""What Regulars writes into a workspace, a loader reads back; what a person wrote stays."""

from __future__ import annotations

import pytest
from core.tiny import connector
from hypothesis import given
from hypothesis import strategies as st
from regulars import ConfigError, Writes
from regulars.config import Workspace
from regulars.config.edit import add_client, add_connection, set_expect_id, shipped_segments
from regulars.config.load import parse_toml

WRITES = Writes(
    field_prefix="tiny_", list_prefix="tiny:", field_types=frozenset({"text"}), batch=10,
    address_change="own_field", default_map=(("stage", "tiny_stage", "enumeration"),),
)  # fmt: skip


def text_of(workspace, client="acme"):
    return (workspace.root / "clients" / f"{client}.toml").read_text()


def test_a_new_workspace_can_be_opened(tmp_path):
    made = Workspace.create(tmp_path / "new", 'Harbour "Lane"', "Europe/London")
    assert (made.agency.name, made.agency.timezone) == ('Harbour "Lane"', "Europe/London")
    assert made.client_ids() == []
    assert (made.root / "segments" / "common.toml").read_text() == shipped_segments()
    assert (made.root / ".gitignore").read_text().split() == ["data/", "secrets/"]


def test_a_workspace_is_not_made_twice(tmp_path):
    Workspace.create(tmp_path, "One", "UTC")
    with pytest.raises(ConfigError, match="is a workspace already"):
        Workspace.create(tmp_path, "Two", "UTC")
    assert Workspace(tmp_path).agency.name == "One"


def test_a_workspace_with_a_wrong_zone_is_not_made(tmp_path):
    with pytest.raises(ConfigError, match="'timezone': expected a time zone"):
        Workspace.create(tmp_path / "new", "One", "Mars/Olympus")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("client_id", ["Acme", "a_b", "../x", "a--b", "", "x.y"])
def test_a_client_with_a_wrong_id_leaves_nothing(workspace, client_id):
    before = sorted(workspace.root.rglob("*"))
    with pytest.raises(ConfigError, match="'id': expected lower-case letters"):
        add_client(workspace, client_id, name="X", timezone="UTC", currency="EUR", country=None)
    assert sorted(workspace.root.rglob("*")) == before


def test_a_client_is_not_added_twice(workspace):
    with pytest.raises(ConfigError, match="there is a client 'acme' already"):
        add_client(workspace, "acme", name="X", timezone="UTC", currency="EUR", country=None)


@given(name=st.text(st.characters(exclude_categories=("Cs",)), max_size=30))
def test_any_name_survives_the_file(tmp_path_factory, name):
    workspace = Workspace.create(tmp_path_factory.mktemp("w") / "new", "Agency", "UTC")
    add_client(workspace, "x", name=name, timezone="UTC", currency="EUR", country=None)
    assert workspace.client("x").config.name == name


def test_a_connection_is_appended_with_the_default_map(workspace, acme):
    client = acme("# mine\n")
    before = text_of(workspace)
    add_connection(client, "crm", connector(writes=WRITES), {"role": "both", "token": "secret:t", "sizes": [1, 2]})
    assert text_of(workspace).startswith(before)
    read = workspace.client("acme").config
    assert read == client.config
    assert read.connections["crm"].settings == {"token": "secret:t", "sizes": [1, 2]}
    mapped = [(entry.to, entry.from_, entry.field, entry.type) for entry in read.map]
    assert mapped == [("crm", "stage", "tiny_stage", "enumeration"), ("crm", "segments", "tiny:{segment}", "text")]


@pytest.mark.parametrize("name", ["crm", "My CRM", "x]\nplugin = 1"])
def test_a_connection_with_a_taken_or_wrong_name_is_not_written(workspace, acme, name):
    client = acme("[connections.crm]\nplugin = 'tiny'\n")
    before = text_of(workspace)
    with pytest.raises(ConfigError):
        add_connection(client, name, connector(), {})
    assert text_of(workspace) == before


def test_who_must_answer_is_set_and_changed_in_its_own_table_alone(workspace, acme):
    client = acme(
        "# both shops\n[connections.shop]\nplugin = 'tiny' # here\ntoken = 'secret:a'\n\n"
        "[connections.other]\nplugin = 'tiny'\nexpect_id = 'T-9' # checked by hand\n"
    )
    before = text_of(workspace)
    set_expect_id(client, "shop", "T-1")
    assert text_of(workspace) == before.replace("# here\n", '# here\nexpect_id = "T-1"\n')
    set_expect_id(client, "shop", 'T-"2"')
    connections = workspace.client("acme").config.connections
    assert (connections["shop"].expect_id, connections["other"].expect_id) == ('T-"2"', "T-9")


def test_a_table_that_cannot_be_found_is_left_to_the_person(workspace, acme):
    client = acme("connections = { shop = { plugin = 'tiny' } }\n")
    before = text_of(workspace)
    with pytest.raises(ConfigError, match=r"found no line \[connections.shop\]"):
        set_expect_id(client, "shop", "T-1")
    assert text_of(workspace) == before


def test_an_edit_that_would_spoil_the_file_is_not_written(workspace, acme):
    client = acme()
    before = text_of(workspace)
    with pytest.raises(ConfigError, match="looks like a secret"):
        add_connection(client, "crm", connector(), {"token": "shpat_" + "0a1b2c3d4e5f60718293a4b5c6d7e8f9"})
    assert text_of(workspace) == before


def test_the_segments_that_come_along_are_a_valid_file():
    assert parse_toml(shipped_segments(), "segments/common.toml") is not None
