"""What was spent stands in the client's file, in the client's currency, by month."""

from __future__ import annotations

from datetime import date

import pytest
from regulars import ConfigError, Money

_CRM = '[connections.crm]\nplugin = "hubspot"\n'


def test_costs_are_read_by_month(acme):
    costs = acme(
        _CRM + "[costs]\n"
        'acquisition = [{ month = "2026-10", source = "social", amount = "400.00 GBP" }]\n'
        'programmes = [{ month = "2026-10", programme = "club", amount = "60 GBP" }]\n'
        'platforms = [{ month = "2026-10", connection = "crm", amount = "75 GBP" }]\n'
    ).config.costs
    assert (costs.acquisition[0].month, costs.acquisition[0].amount) == (
        date(2026, 10, 1),
        Money.parse("400", "GBP"),
    )
    assert (costs.programmes[0].programme, costs.platforms[0].connection) == ("club", "crm")


def test_nothing_is_spent_where_nothing_was_entered(acme):
    costs = acme().config.costs
    assert (costs.acquisition, costs.programmes, costs.platforms) == ([], [], [])


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (
            'acquisition = [{ month = "2026-13", source = "social", amount = "1 GBP" }]',
            'a month such as "2026-10"',
        ),
        ('acquisition = [{ month = "2026-10", source = "unknown", amount = "1 GBP" }]', "expected 'search'"),
        ('acquisition = [{ month = "2026-10", source = "paid", amount = "1 USD" }]', "the books are in GBP"),
        ('platforms = [{ month = "2026-10", connection = "crm", amount = "1 GBP" }]', "names no connection"),
    ],
)
def test_what_cannot_be_a_cost_is_refused(acme, row, complaint):
    with pytest.raises(ConfigError, match=complaint):
        _ = acme(f"[costs]\n{row}\n").config
