"""A broken plugin does not take the others down."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from textwrap import dedent

import pytest
from regulars import ConfigError, PluginError
from regulars.plugins import load

GOOD = """
    from core.tiny import connector
    from regulars import hookimpl

    @hookimpl
    def register_connectors(register):
        register(connector(name="{name}"))
"""
LISTENER = """
    @hookimpl
    def run_finished(summary):
        summary["heard"].append("{name}")
        1 / {zero}
"""
BROKEN = {
    "import": "import a_module_that_is_nowhere",
    "syntax": "def",
    "raises": GOOD.replace("register(connector", "raise RuntimeError('boom'); register(connector"),
    "nonsense": GOOD.replace('register(connector(name="{name}"))', "register('tiny')"),
    "twice": GOOD + '        register(connector(name="{name}"))\n',
    "hook": GOOD + "\n    @hookimpl\n    def register_nothing(register): ...\n",
}


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Makes a module and the entry point that names it."""
    monkeypatch.syspath_prepend(str(tmp_path))
    made = []

    def make(name, source):
        module = f"plugin_{tmp_path.name}_{name}".replace("-", "_")
        (tmp_path / f"{module}.py").write_text(dedent(source.replace("{name}", name)))
        made.append(module)
        return EntryPoint(name, module, "regulars")

    yield make
    for module in made:
        sys.modules.pop(module, None)


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_plugin_is_listed_and_the_others_work(plugin, fault):
    found = load(found=[plugin("bad", BROKEN[fault]), plugin("good", GOOD)])
    assert list(found.connectors) == ["good"]
    assert list(found.broken) == ["bad"]
    assert found.connector("good").title == "Tiny"
    with pytest.raises(PluginError, match="plugin 'bad' is broken: "):
        found.connector("bad")


def test_a_disabled_plugin_is_not_even_imported(plugin):
    point = plugin("good", GOOD)
    assert load(disabled=["good"], found=[point]).connectors == {}
    assert point.value not in sys.modules


def test_two_plugins_cannot_bring_the_same_connector(plugin):
    same = GOOD.replace("{name}", "same")
    found = load(found=[plugin("one", same), plugin("two", same)])
    assert (list(found.connectors), list(found.broken)) == (["same"], ["two"])


def test_an_unknown_plugin_is_told_with_the_nearest(plugin):
    found = load(found=[plugin("good", GOOD)])
    with pytest.raises(ConfigError, match=r"no plugin named 'goood'\. Did you mean 'good'"):
        found.connector("goood")
    with pytest.raises(ConfigError, match=r"no plugin named 'x'\. Installed: good"):
        found.connector("x")


def test_a_plugin_that_fails_after_a_run_is_a_complaint(plugin):
    bad, good = (
        plugin(name, GOOD + LISTENER.replace("{zero}", zero)) for name, zero in (("bad", "0"), ("good", "1"))
    )
    found = load(found=[bad, good])
    summary = {"heard": []}
    assert found.run_finished(summary) == ["bad: ZeroDivisionError: division by zero"]
    assert sorted(summary["heard"]) == ["bad", "good"]


def test_the_four_plugins_of_the_suite_load():
    found = load()
    assert found.broken == {}
    assert {"hubspot", "shopify", "mailchimp", "ecoa_http"} <= set(found.connectors)
