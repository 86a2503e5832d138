"""docs/plugins.md is true: its files are those of the example, its code and its commands run."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import regulars
from regulars import hookspecs
from regulars.run.result import Result

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "postbox"
TEXT = (ROOT / "docs" / "plugins.md").read_text()
# The text of a block, and the file it says it is.
BLOCKS = [
    (match["language"], match["body"], match["file"])
    for match in re.finditer(
        r"(?:^`(?P<file>[\w./]+)`\n\n)?^```(?P<language>\w+)\n(?P<body>.*?)^```$", TEXT, re.DOTALL | re.MULTILINE
    )
]
FILES = {file: body for _, body, file in BLOCKS if file}
CODE = [body for language, body, file in BLOCKS if language == "python" and not file]
COMMANDS = [line for language, body, _ in BLOCKS if language == "sh" for line in body.splitlines()]


@pytest.fixture
def installed(tmp_path):
    """A folder, and an environment in which the example is installed."""
    about = tmp_path / "site" / "regulars_postbox-0.1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: regulars-postbox\nVersion: 0.1.0\n")
    (about / "entry_points.txt").write_text("[regulars]\npostbox = regulars_postbox\n")
    path = os.pathsep.join(map(str, [about.parent, EXAMPLE / "src"]))
    return tmp_path, {**os.environ, "PYTHONPATH": path, "CHAT_FILE": str(tmp_path / "chat.jsonl")}


def ran(installed, *command):
    folder, environment = installed
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def block(containing):
    (found,) = [code for code in CODE if containing in code]
    return found


def test_every_file_shown_is_the_file():
    real = {str(f.relative_to(EXAMPLE)) for f in EXAMPLE.rglob("*") if f.suffix in (".py", ".toml")}
    assert set(FILES) == real
    for name, body in FILES.items():
        assert body == (EXAMPLE / name).read_text(), name


@pytest.mark.parametrize("code", CODE, ids=range(len(CODE)))
def test_every_other_block_runs(installed, code):
    ran(installed, "-W", "error", "-c", code)


def test_its_commands_read_a_simulated_platform(installed):
    ran(installed, "-c", block("postbox.save("))
    shown = ""
    for command in COMMANDS:
        words = re.findall(r'"[^"]*"|\S+', command)
        if words[0] == "regulars":
            given = [word.strip('"') for word in words[1:]]
            shown += ran(installed, "-c", "from regulars.cli import main; main()", *given, "--no-input")
    assert re.search(r"postbox +Postbox +mail", shown)
    assert re.search(r"mail\.readers +19\d person +19\d consent", shown)


def test_its_suite_is_green(installed):
    folder, _ = installed
    (folder / "test_contract.py").write_text(block("contract_tests"))
    out = ran(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_contract.py")
    assert re.search(r"\d\d passed", out)


def test_run_finished_leaves_a_line_for_the_chat(installed):
    summary = Result("acme", state="failed", reason="Postbox refuses the key").as_dict()
    ran(installed, "-c", f"{block('def run_finished')}\nrun_finished(json.loads({json.dumps(summary)!r}))")
    line = json.loads((installed[0] / "chat.jsonl").read_text())
    assert line == {"text": "acme: failed Postbox refuses the key"}


def test_every_hook_is_shown_with_its_argument():
    for name, value in vars(hookspecs).items():
        if hasattr(value, "regulars_spec"):
            assert re.search(rf"^def {name}\({value.__code__.co_varnames[0]}: ", TEXT, re.MULTILINE), name


def test_every_member_of_a_shape_is_named():
    for shape in (regulars.Source, regulars.Destination, regulars.Drafts, regulars.EcoaProvider):
        members = [name for name, value in vars(shape).items() if callable(value) and not name.startswith("_")]
        assert [name for name in members if not re.search(rf"\b{name}\b", TEXT)] == [], shape
