"""The example of docs/plugins.md keeps the contract, is a plugin, and is small."""

from __future__ import annotations

import ast
import importlib
import sys
import tomllib
from importlib.metadata import EntryPoint
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from regulars import plugins
from regulars.testing.contract import contract_tests

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "postbox"
PACKAGE = EXAMPLE / "src" / "regulars_postbox"
FILES = sorted(PACKAGE.glob("*.py"))


def connector():
    """The example is not installed: it is loaded from where it lies, once."""
    return importlib.import_module("regulars_postbox.connector").connector()


@pytest.fixture(autouse=True, scope="module")
def _example():
    spec = spec_from_file_location("regulars_postbox", PACKAGE / "__init__.py")
    sys.modules["regulars_postbox"] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "regulars_postbox"]:
        del sys.modules[name]


class TestPostboxContract(contract_tests(connector)):
    """The example keeps the contract."""


def test_its_entry_point_brings_its_connector():
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    points = [EntryPoint(name, value, "regulars") for name, value in project["entry-points"]["regulars"].items()]
    found = plugins.load(found=points)
    assert list(found.connectors) == ["postbox"]
    assert found.broken == {}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_file_is_longer_than_sixty_lines(file):
    assert len(file.read_text().splitlines()) <= 60


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_needs_the_public_api_alone(file):
    imports = [node.module for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom)]
    ours = {module for module in imports if module.split(".")[0] == "regulars"}
    assert ours <= {"regulars", *(["regulars.testing"] if file.name == "sandbox.py" else [])}
