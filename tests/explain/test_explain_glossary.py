"""Words and what they mean."""

from __future__ import annotations

from typing import get_args

import pytest
from regulars.config import ClientConfig
from regulars.errors import ConfigError
from regulars.explain import METRICS, TERMS, term
from regulars.explain.render import term_lines
from regulars.models import Level, Stage
from regulars.segments.columns import COLUMNS


@pytest.mark.parametrize(
    "word", [*METRICS, *get_args(Stage), *get_args(Level), "lapsed", "at_risk", "S", "N", "rfm"]
)
def test_every_word_we_say_of_customers_is_explained(word: str) -> None:
    assert term(word).meaning.endswith(".")


@pytest.mark.parametrize("column", sorted(COLUMNS))
def test_every_column_that_rules_may_use_is_explained(column: str) -> None:
    assert term(column).meaning.endswith(".")


def test_a_word_may_be_spelt_as_people_write_it() -> None:
    assert term("At risk") is term("at-risk") is TERMS["at_risk"]


def test_an_unknown_word_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="'lapsed'"):
        term("lapse")


@pytest.mark.parametrize("key", sorted({key for found in TERMS.values() for key in found.settings}))
def test_the_settings_a_word_names_exist(key: str) -> None:
    section, name = key.split(".")
    model = ClientConfig.model_fields[section].annotation
    assert name in model.model_fields


def test_an_entry_shows_its_formula_and_settings() -> None:
    assert list(term_lines(term("churn"))) == [
        "churn   The share of the customers at the start who were not customers at the end.",
        "  formula   L / S x 100",
        "  settings  retention.active_window",
    ]
