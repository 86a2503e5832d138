"""What our words mean: one definition, one formula, for reports, the command line and people."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files

from regulars.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Term:
    """A word, what it means, how it is computed (empty where it is not), and which settings move it."""

    word: str
    meaning: str
    formula: str = ""
    settings: tuple[str, ...] = ()


def _read() -> dict[str, Term]:
    text = files(__package__).joinpath("glossary.toml").read_text(encoding="utf-8")
    return {
        word: Term(word, entry["meaning"], entry.get("formula", ""), tuple(entry.get("settings", ())))
        for word, entry in tomllib.loads(text).items()
    }


TERMS: Mapping[str, Term] = _read()
"""Word -> term. Words are those of columns, rules and reports."""


def term(word: str) -> Term:
    """The term, spelt with spaces, hyphens or capitals as one likes. Raises ConfigError with the nearest word."""
    plain = word.strip().replace(" ", "_").replace("-", "_")
    for candidate in (plain, plain.lower(), plain.upper()):
        if candidate in TERMS:
            return TERMS[candidate]
    near = get_close_matches(plain.lower(), TERMS, 1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known words: {', '.join(sorted(TERMS))}"
    raise ConfigError(f"no word {word!r} in the glossary", hint=hint)
