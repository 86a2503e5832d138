"""`pip install .` in an empty environment gives the command with its four plugins."""

import json
import subprocess
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """An empty environment with the product installed from a copy of what is committed or will be."""
    folder = tmp_path_factory.mktemp("install")
    source = folder / "source"
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    venv.create(folder / "venv", with_pip=True)
    pip = [str(folder / "venv" / "bin" / "pip"), "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "-c", str(source / "constraints.txt"), str(source)], check=True)
    return folder / "venv"


def regulars(home, *words, cwd=None):
    return subprocess.run([home / "bin" / "regulars", *words], capture_output=True, text=True, cwd=cwd, check=True)


def test_the_command_knows_its_four_plugins(home):
    found = json.loads(regulars(home, "plugins", "list", "--json").stdout)
    names = {plugin["name"] for plugin in (found if isinstance(found, list) else found["connectors"])}
    assert names == {"ecoa_file", "ecoa_http", "hubspot", "mailchimp", "shopify"}


def test_what_is_not_code_comes_along(home, tmp_path):
    file = tmp_path / "lines.csv"
    file.write_text("order,date,customer,sku,quantity,price\n1,2026-01-02,a@example.test,TEA,2,9.50\n")
    assert "1 orders of 1 customers" in regulars(home, "demo", "--orders", file.name, cwd=tmp_path).stdout


def test_no_test_tool_is_installed_with_it(home):
    listed = json.loads(
        subprocess.run([home / "bin" / "pip", "list", "--format", "json"], capture_output=True, check=True).stdout
    )
    assert not {"pytest", "hypothesis", "mypy", "ruff"} & {package["name"] for package in listed}
