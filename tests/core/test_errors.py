"""Each error says what its caller can do, in one line and one number."""

from __future__ import annotations

from regulars import errors
from regulars.errors import ConfigError, RegularsError

CODES = {
    "RegularsError": 1,
    "ConfigError": 2,
    "AuthError": 4,
    "WrongAccountError": 20,
    "QuotaError": 5,
    "RefusedError": 6,
    "PlanError": 7,
    "DataCheckError": 9,
    "PluginError": 10,
    "LockedError": 11,
    "PlatformError": 1,
    "UnknownOutcomeError": 1,
}


def kinds():
    return {name: kind for name, kind in vars(errors).items() if isinstance(kind, type)}


def test_every_error_has_its_exit_code():
    assert {name: kind.exit_code for name, kind in kinds().items()} == CODES


def test_the_drawing_of_the_tree_is_the_tree():
    drawn = {line.split("exit")[0].strip(" |+-"): line for line in errors.__doc__.splitlines() if " exit " in line}
    assert set(drawn) == set(CODES)
    for name, line in drawn.items():
        assert line.split("exit")[1].split()[0] == str(CODES[name])


def test_an_error_is_where_what_and_what_to_do():
    assert str(RegularsError("it broke")) == "it broke"
    assert str(ConfigError("is wrong", where="a.toml", hint="Mend it")) == "a.toml: is wrong. Mend it"
