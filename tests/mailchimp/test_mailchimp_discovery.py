"""`discover`: what an account holds."""

from __future__ import annotations

import pytest
from mailchimp.tea_house import world_of
from regulars_mailchimp.discovery import discover
from regulars_mailchimp.sandbox.interests import add_category


@pytest.fixture
def found(filled, settings, http, api):
    category = add_category(filled.audience, "Teas", ("Black", "Green"))
    green = list(filled.audience.categories[category]["interests"])[1]
    api.send("PATCH", f"{api.members}/ada@tea.example.test", {"interests": {green: True}})
    filled.connect_store(world_of())
    filled.mailings.template("Win-back")
    field = {"tag": "RG_STAGE", "name": "Stage", "type": "text", "required": True}
    api.send("POST", f"lists/{filled.list_id}/merge-fields", field)
    api.send("POST", f"lists/{filled.list_id}/segments", {"name": "regulars:x", "static_segment": []})
    filled.log.clear()
    return discover(settings, http)


def test_lists_are_told_with_kind_and_size(found, filled):
    told = {(one.kind, one.name): (one.members, one.ours) for one in found.lists}
    assert told == {
        ("audience", "Customers"): (1, False),
        ("tag", "vip"): (0, False),  # Mailchimp counts subscribed members only
        ("tag", "regulars:x"): (0, True),
        ("interest", "Teas: Black"): (0, False),
        ("interest", "Teas: Green"): (1, False),
        ("template", "Win-back"): (None, False),
    }


def test_fields_are_told_with_how_many_have_a_value(found):
    told = {field.name: (field.type, field.filled, field.ours, field.note) for field in found.fields}
    assert told["LOYALTY"] == ("text", 0.25, False, "")
    assert told["FNAME"] == ("text", 1.0, False, "")
    assert told["RG_STAGE"] == ("text", 0.0, True, "required")
    assert told["interests.Teas"][0] == "interest group"
    assert found.sampled == 4


def test_zone_currencies_and_other_writers_are_facts(found):
    facts = dict(found.facts)
    assert (facts["zone"], facts["currencies"]) == ("Europe/Berlin", "EUR")
    assert facts["store"] == "Shop (store1, Invented)"
    assert facts["other writers"] == "of the 4 members changed last: Embed Form 4"


def test_discovering_writes_nothing(found, filled):
    assert {asked.method for asked in filled.log} == {"GET"}
