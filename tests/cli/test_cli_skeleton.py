"""Help is cheap, data goes to stdout, an error is one line and a code."""

from __future__ import annotations

import importlib
import json
import signal
import subprocess
import sys
import time

import click
import pytest
from regulars import cli
from regulars.cli.call import Call, failing_safely, table, worst_exit
from regulars.cli.lazy import LazyGroup
from regulars.errors import LockedError, RefusedError

HEAVY = ("pydantic", "httpx", "duckdb", "pyarrow", "sqlglot", "numpy", "scipy")


def modules_after(*args):
    code = (
        "import sys, regulars.cli\n"
        f"try: regulars.cli.root.main({list(args)!r})\n"
        f"except SystemExit: print(*[m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout, done.stderr.split()


@pytest.mark.parametrize("args", [["--help"], ["client", "--help"], ["check", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(args):
    out, heavy = modules_after(*args)
    assert out
    assert heavy == []


def test_help_imports_nothing_that_click_does_not():
    def modules(group):
        code = f"import sys, {group}\ntry: {{0}}.main(['--help'])\nexcept SystemExit: print('', *sys.modules)"
        called = {"regulars.cli": "regulars.cli.root", "click": "click.Group('bare')"}[group]
        out = subprocess.run(
            [sys.executable, "-c", code.format(called)], capture_output=True, text=True, check=True
        )
        return {name for name in out.stdout.splitlines()[-1].split() if not name.startswith("regulars")}

    assert modules("regulars.cli") - modules("click") <= {"signal"}


def test_every_command_of_the_table_exists_and_has_help(regulars):
    for name, (_, text) in cli.COMMANDS.items():
        shown = regulars(name, "--help")
        assert shown.exit_code == 0, name
        assert text.endswith(".")
        assert name in regulars("--help").stdout


def leaves(command, path=()):
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from leaves(command.get_command(context, name), (*path, name))
    else:
        yield path, command


def test_every_command_takes_the_shared_options():
    missing = {}
    for path, command in leaves(cli.root):
        given = {option for parameter in command.params for option in parameter.opts}
        if lacking := {"--workspace", "--json", "--no-input", "--quiet", "--verbose"} - given:
            missing[" ".join(path)] = lacking
    assert missing == {}


def test_no_option_takes_a_secret():
    words = ("token", "password", "secret", "key")
    for path, command in leaves(cli.root):
        for parameter in command.params:
            takes = not getattr(parameter, "is_flag", False)
            assert not (takes and any(word in parameter.name for word in words)), (path, parameter.name)


@pytest.mark.parametrize(
    "args",
    [["frob"], ["--frob"], ["client"], ["client", "frob"], ["client", "add"], ["client", "add", "x", "--frob"],
     ["connect", "acme"], ["check"], ["connect", "acme", "hubspot", "--role", "reader"]],
)  # fmt: skip
def test_wrong_use_is_one_line_and_code_2(regulars, args):
    done = regulars(*args)
    assert done.exit_code == 2
    assert done.stdout == ""
    if args != ["client"]:
        assert done.stderr.startswith("error: ")
        assert len(done.stderr.splitlines()) == 1


def test_an_error_of_ours_is_one_line_and_its_code(regulars, tmp_path):
    done = regulars("-w", tmp_path, "client", "list")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"error: {tmp_path} is no workspace")
    assert len(done.stderr.splitlines()) == 1


def with_command(function):
    group = LazyGroup("regulars", table={})
    group.add_command(cli.shared(click.command("go")(function)))
    group.get_command = lambda ctx, name: group.commands[name]
    return group


def run(function, *args):
    from click.testing import CliRunner

    return CliRunner().invoke(with_command(function), ["go", *args])


def test_a_bug_keeps_its_traceback():
    def go():
        raise KeyError("a bug")

    done = run(go)
    assert isinstance(done.exception, KeyError)
    assert done.exit_code == 1


def test_an_interruption_says_that_nothing_is_half_written():
    def go():
        raise KeyboardInterrupt

    done = run(go)
    assert done.exit_code == 130
    assert "nothing is half-written" in done.stderr


def test_what_failed_says_what_is_safe_and_what_is_next():
    def go():
        with failing_safely("Nothing was written", "regulars plan acme"):
            raise RefusedError("a guard said no", where="acme", hint="Look at it.")

    done = run(go)
    assert done.exit_code == 6
    assert (
        done.stderr == "error: acme: a guard said no. Look at it. Nothing was written. Next: regulars plan acme\n"
    )


def test_a_lock_is_code_11():
    def go():
        raise LockedError("another run holds acme")

    assert run(go).exit_code == 11


def test_a_terminated_run_leaves_through_its_withs(tmp_path):
    code = (
        "import click, sys, threading\nfrom regulars import cli\n"
        "def go():\n"
        "    try:\n        print('ready', flush=True); threading.Event().wait(20)\n"
        "    finally: print('left', flush=True)\n"
        "cli.root.get_command = lambda ctx, name: click.Command('go', callback=go)\n"
        "sys.argv = ['regulars', 'go']\ncli.main()\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read() == "left\n"
    assert process.returncode == 143


@pytest.mark.parametrize(
    ("codes", "worst"),
    [([], 0), ([0, 0], 0), ([0, 1], 1), ([1, 20, 6], 20), ([4, 6], 6), ([3, 4], 4), ([1, 3], 3), ([99, 1], 1)],
)
def test_of_several_codes_the_gravest_wins(codes, worst):
    assert worst_exit(codes) == worst


def test_a_table_puts_numbers_to_the_right():
    assert table([["acme", 12345], ["b", 7]], ("client", "people")) == [
        "client  people",
        "acme    12,345",
        "b            7",
    ]
    assert table([], ("client", "people")) == ["client  people"]


def test_shared_options_may_stand_before_and_after_the_command(regulars, agency):
    before = regulars("-w", agency, "--json", "client", "list")
    after = regulars("client", "list", "--json", "-w", agency)
    named = regulars("client", "list", "--json", environ={"REGULARS_WORKSPACE": str(agency)})
    assert json.loads(before.stdout) == json.loads(after.stdout) == json.loads(named.stdout)


def test_one_run_does_not_remember_the_options_of_another(regulars, agency):
    assert regulars("-w", agency, "--json", "client", "list").stdout.startswith("[")
    assert regulars("-w", agency, "client", "list").stdout.startswith("id ")
    assert Call().json is False


def test_starting_is_quick():
    start = time.perf_counter()
    importlib.import_module("regulars.cli")
    assert time.perf_counter() - start < 2
