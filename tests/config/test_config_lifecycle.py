"""Lines that a client's file states, and what is refused of them."""

from __future__ import annotations

import pytest
from regulars import ConfigError

EXAMPLE = """
[lifecycle.categories]
"Loose leaf" = { at_risk = "48d",  lapsed = "95d" }
"Teaware"    = { at_risk = "240d", lapsed = "420d", act_before = "540d" }
"Crates"     = { at_risk = "700d", lapsed = "1100d", act_before = "1400d" }
"Gift sets"  = { seasonal = "yearly" }
"""


@pytest.mark.parametrize(
    ("text", "learned"),
    [
        ("", True),
        ('lapsed = "95d"', False),
        ('lines = "learned"\nlapsed = "95d"', True),
        ('lines = "fixed"', False),
    ],
)
def test_lines_are_learned_unless_the_file_states_them(acme, text, learned):
    assert acme(f"\n[lifecycle]\n{text}\n").config.lifecycle.is_learned is learned


def test_categories_have_lines_of_their_own(acme):
    lines = acme(EXAMPLE).config.lifecycle
    assert lines.is_learned
    assert lines.categories["Teaware"].lapsed.days == 420
    assert lines.categories["Gift sets"].seasonal == "yearly"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('lapsed = "168d"', 'act_before = "219d"'),
        ('categories."Teaware" = { lapsed = "420d" }', 'act_before = "546d"'),
        ('categories."Teaware" = { lapsed = "420d", act_before = "432d" }', 'act_before = "546d"'),
        ('at_risk = "95d"\nlapsed = "95d"', "at_risk is not before lapsed = 95d"),
        ("at_risk_quantile = 0.9", "at_risk_quantile is not below"),
    ],
)
def test_a_series_that_would_end_too_late_is_refused_with_what_to_write(acme, text, said):
    with pytest.raises(ConfigError) as refused:
        _ = acme(f"\n[lifecycle]\n{text}\n").config
    assert said in str(refused.value)


def test_one_day_less_and_the_series_ends_in_time(acme):
    assert acme('\n[lifecycle]\nlapsed = "167d"\n').config.lifecycle.lapsed.days == 167
