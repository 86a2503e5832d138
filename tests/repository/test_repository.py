"""What must hold for the repository itself."""

import re
import subprocess
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from regulars import hookspecs
from regulars.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
# In pieces, because no file may hold the names themselves, this one included.
REGISTRIES = ["py" + "pi.", "pythonhosted" + ".", "registry.np" + "mjs", "crates" + ".io", "maven" + ".org"]
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "tools", "base", "typing"}


def tracked():
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


@pytest.mark.parametrize("word", REGISTRIES)
def test_no_package_registry_is_named(word):
    assert [str(f) for f in tracked() if word in f.read_text(errors="replace").lower()] == []


def test_no_path_of_a_machine_is_named():
    pattern = re.compile(r"(?<![\w.])/(?:work|root|home|Users)/\w")
    assert [str(f) for f in tracked() if pattern.search(f.read_text(errors="replace"))] == []


def test_modules_are_named_for_what_they_hold():
    sources = [f for f in tracked() if f.suffix == ".py" and "src" in f.parts]
    assert [str(f) for f in sources if f.stem in DRAWERS] == []


def test_files_fit_in_a_head():
    long = {
        str(f.relative_to(ROOT)) for f in tracked() if f.suffix == ".py" and len(f.read_text().splitlines()) > 500
    }
    assert {name for name in long if "src" in name} == set()


def test_the_bundle_asks_for_what_its_parts_ask_for():
    def asked(path):
        return set(tomllib.loads((ROOT / path / "pyproject.toml").read_text())["project"]["dependencies"])

    parts = asked("core").union(
        *(asked(f"plugins/{name}") for name in ("ecoa", "hubspot", "mailchimp", "shopify"))
    )
    assert asked(".") == {name for name in parts if not name.startswith("regulars")}


def test_constraints_are_versions_without_addresses():
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.+]+", line), line


def test_every_hook_is_documented():
    text = (ROOT / "README.md").read_text() + "".join(f.read_text() for f in (ROOT / "docs").glob("*.md"))
    hooks = [name for name, value in vars(hookspecs).items() if hasattr(value, "regulars_spec")]
    assert sorted(hooks) == ["register_connectors", "run_finished"]
    assert [name for name in hooks if name not in text] == []


def test_every_command_is_documented():
    text = (ROOT / "README.md").read_text() + "".join(f.read_text() for f in (ROOT / "docs").glob("*.md"))
    assert [name for name in COMMANDS if f"regulars {name}" not in text] == []


def test_every_plugin_has_the_same_files_and_a_readme():
    for plugin in ("ecoa", "hubspot", "mailchimp", "shopify"):
        folder = ROOT / "plugins" / plugin
        package = folder / "src" / f"regulars_{plugin}"
        assert {"settings.py", "client.py", "models.py", "__init__.py"} <= {f.name for f in package.iterdir()}
        assert (package / "sandbox.py").exists() or (package / "sandbox").is_dir()
        assert len((folder / "README.md").read_text()) > 500


def test_plugins_are_found_by_entry_point():
    assert {"ecoa", "hubspot", "mailchimp", "shopify"} <= {point.name for point in entry_points(group="regulars")}


def test_a_plugins_package_holds_hook_implementations_only():
    for plugin in ("ecoa", "hubspot", "mailchimp", "shopify"):
        text = (ROOT / "plugins" / plugin / "src" / f"regulars_{plugin}" / "__init__.py").read_text()
        assert len(text.splitlines()) < 60
