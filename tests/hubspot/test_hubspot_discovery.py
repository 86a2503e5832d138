from __future__ import annotations

import pytest
from regulars import AuthError, FieldSpec
from regulars.testing import WorldPerson
from regulars_hubspot.discovery import discover


@pytest.fixture
def found(box, settings, http, world_of, clock, destination):
    """What is discovered of a portal with four contacts, two lists and fields of several owners."""
    box.populate(
        world_of(
            WorldPerson("a", "a@tea.example.test", "A", properties={"loyalty": "gold", "erp_number": "1"}),
            WorldPerson("b", "b@tea.example.test", "B", properties={"erp_number": "2"}),
            WorldPerson("c", "c@tea.example.test", "C"),
            WorldPerson("d", None, "D"),
        )
    )
    destination.provision(destination.missing([FieldSpec("regulars_clv", "number", "Value")], ["regulars · VIP"]))
    box.lists.create({"name": "Newsletter", "objectTypeId": "0-1", "processingType": "DYNAMIC"}, clock.now())
    box.additional_currencies = ["USD"]
    clock.sleep(60)
    return discover(settings, http)


def test_fields_come_with_how_full_they_are(found):
    filled = {one.name: one.filled for one in found.fields if one.of == "person"}
    assert found.sampled == 4
    assert (filled["email"], filled["erp_number"], filled["loyalty"], filled["regulars_clv"]) == (
        0.75,
        0.5,
        0.25,
        0,
    )


def test_hubspots_own_fields_are_told_only_where_they_are_used(found):
    names = {one.name for one in found.fields}
    assert "firstname" in names
    assert "hs_email_quarantined" not in names


def test_ours_and_read_only_ones_are_marked(found):
    by_name = {one.name: one for one in found.fields}
    assert [one.name for one in found.fields if one.ours] == ["regulars_clv"]
    assert by_name["createdate"].note == "read-only"
    assert by_name["regulars_clv"].type == "number/number"


def test_lists_of_every_kind_come_with_their_sizes(found):
    assert {(one.name, one.kind, one.members, one.ours) for one in found.lists} == {
        ("regulars · VIP", "manual list", 0, True),
        ("Newsletter", "dynamic list", 0, False),
    }


def test_facts_name_currencies_zone_and_other_writers(found):
    facts = dict(found.facts)
    assert facts["currencies"] == "EUR, USD"
    assert facts["zone"] == "Europe/Vienna"
    assert facts["contacts"] == "4"
    assert facts["other writers"] == "the contacts looked at came from IMPORT 4"
    assert facts["properties of others"] == "contactinformation 2"


def test_a_portal_of_many_is_sampled_at_both_ends(box, settings, http, crowd, clock):
    box.populate(crowd(900))
    clock.sleep(60)
    box.log.clear()
    found = discover(settings, http)
    assert found.sampled == 200
    assert len(box.log) <= 12
    assert max(len(asked.target) for asked in box.log) < 2_000


def test_a_token_that_may_not_read_properties_is_an_error_and_no_empty_portal(box, settings, http):
    box.scopes.discard("crm.schemas.contacts.read")
    with pytest.raises(AuthError, match=r"crm\.schemas\.contacts\.read"):
        discover(settings, http)


def test_companies_that_cannot_be_seen_are_left_out(box, settings, http, crowd, clock):
    box.populate(crowd(3))
    box.portal.schemas["companies"].add_text("erp_number")
    clock.sleep(60)
    assert "company" in {one.of for one in discover(settings, http).fields}
    box.scopes.discard("crm.schemas.companies.read")
    assert "company" not in {one.of for one in discover(settings, http).fields}
