"""Every error that a plugin raises says where or names its platform, and what to do next."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from regulars import errors

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = {"ecoa": "ecoa", "hubspot": "hubspot", "mailchimp": "mailchimp", "shopify": "shopify"}
KINDS = {name: kind for name, kind in vars(errors).items() if isinstance(kind, type)}


def raised(file):
    """(line, error's name, its words, its keywords) of every `raise` of one of our errors."""
    for node in ast.walk(ast.parse(file.read_text())):
        call = node.exc if isinstance(node, ast.Raise) else None
        name = getattr(call.func, "id", "") if isinstance(call, ast.Call) else ""
        if name in KINDS:
            said = " ".join(
                n.value for n in ast.walk(call) if isinstance(n, ast.Constant) and isinstance(n.value, str)
            )
            yield node.lineno, name, said.lower(), {keyword.arg for keyword in call.keywords}


def sources(folder):
    return [
        file for file in sorted(folder.rglob("*.py")) if "sandbox" not in str(file) and "testing" not in str(file)
    ]


@pytest.mark.parametrize("plugin", PLUGINS)
def test_an_error_of_a_plugin_says_where_or_names_its_platform(plugin):
    silent = [
        f"{file.name}:{line} {name}"
        for file in sources(ROOT / "plugins" / plugin / "src")
        for line, name, said, given in raised(file)
        if "where" not in given and PLUGINS[plugin] not in said
    ]
    assert silent == []


@pytest.mark.parametrize("plugin", PLUGINS)
def test_an_error_of_a_plugin_has_a_next_step(plugin):
    """Given with it, or the advice of its kind."""
    without = [
        f"{file.name}:{line} {name}"
        for file in sources(ROOT / "plugins" / plugin / "src")
        for line, name, _, given in raised(file)
        if "hint" not in given and not KINDS[name].advice
    ]
    assert without == []


def test_every_kind_that_a_platform_can_cause_has_advice():
    for kind in (errors.AuthError, errors.QuotaError, errors.PlatformError, errors.UnknownOutcomeError):
        assert kind("nothing").hint == kind.advice != ""
        assert kind("nothing", hint="Do this").hint == "Do this"
