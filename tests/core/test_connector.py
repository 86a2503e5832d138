"""A connector is what it says, or it is none."""

from __future__ import annotations

import pytest
from core.tiny import connector
from regulars import PluginError


@pytest.mark.parametrize("role", ["shop", "crm", "mail", "ecoa"])
def test_a_connector_has_one_of_four_roles(role):
    assert connector(role=role).role == role


@pytest.mark.parametrize("role", ["Shop", "store", "", None])
def test_another_role_is_refused_with_the_four_there_are(role):
    with pytest.raises(PluginError, match=r"connector tiny: .* is no role\. Use one of shop, crm, mail, ecoa"):
        connector(role=role)
