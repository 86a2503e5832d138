"""The example of docs/plugins.md keeps the contract, is a plugin, and is small."""

from __future__ import annotations

import ast
import sys
import tomllib
from importlib.metadata import EntryPoint
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
import regulars
from regulars import plugins, testing
from regulars.testing.contract import contract_tests

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "postbox"
PACKAGE = EXAMPLE / "src" / "regulars_postbox"
PLUGIN, SANDBOX = PACKAGE / "__init__.py", PACKAGE / "sandbox.py"


def connector():
    """The example is not installed: it is loaded from where it lies, once."""
    return sys.modules["regulars_postbox"].CONNECTOR


@pytest.fixture(autouse=True, scope="module")
def _example():
    spec = spec_from_file_location("regulars_postbox", PLUGIN)
    sys.modules["regulars_postbox"] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "regulars_postbox"]:
        del sys.modules[name]


def nodes(file, kind):
    return [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, kind)]


class TestPostboxContract(contract_tests(connector)):
    """The example keeps the contract."""


def test_its_entry_point_brings_its_connector():
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    points = [EntryPoint(name, value, "regulars") for name, value in project["entry-points"]["regulars"].items()]
    found = plugins.load(found=points)
    assert list(found.connectors) == ["postbox"]
    assert found.broken == {}


def test_the_whole_plugin_is_one_file_of_at_most_seventy_lines():
    assert sorted(PACKAGE.glob("**/*.py")) == [PLUGIN, SANDBOX]
    assert len(PLUGIN.read_text().splitlines()) <= 70


@pytest.mark.parametrize("file", [PLUGIN, SANDBOX], ids=lambda file: file.name)
def test_it_imports_the_public_api_alone(file):
    whole = {alias.name: alias.asname for node in nodes(file, ast.Import) for alias in node.names}
    assert whole in ({}, {"regulars": "r"})
    public = {"regulars": regulars.__all__, **({"regulars.testing": testing.__all__} if file == SANDBOX else {})}
    for node in nodes(file, ast.ImportFrom):
        if node.module.split(".")[0] == "regulars":
            assert {alias.name for alias in node.names} <= set(public.get(node.module, ())), node.module


def test_all_it_takes_from_the_core_is_public():
    taken = {x.attr for x in nodes(PLUGIN, ast.Attribute) if isinstance(x.value, ast.Name) and x.value.id == "r"}
    assert {"Connector", "record"} <= taken <= set(regulars.__all__)
