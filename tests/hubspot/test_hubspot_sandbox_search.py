from __future__ import annotations

import pytest
from regulars.testing import WorldPerson


@pytest.fixture
def three(box, world_of, clock):
    box.populate(world_of(*(WorldPerson(f"p{n}", f"p{n}@tea.example.test", f"P{n}") for n in range(3))))
    clock.sleep(60)
    return sorted(box.contacts, key=int)


def test_a_write_shows_in_search_only_after_the_lag(api, box, clock):
    box.index.lag = 5
    key = api.create(email="ann@tea.example.test")
    clock.sleep(4)
    assert api.search()[1]["total"] == 0
    clock.sleep(1)
    assert [row["id"] for row in api.search()[1]["results"]] == [key]


def test_search_shows_the_old_values_until_the_index_has_the_new(api, three, clock):
    api.update(three[0], firstname="New")
    wanted = {"propertyName": "hs_object_id", "operator": "EQ", "value": three[0]}
    assert api.search(wanted)[1]["results"][0]["properties"]["firstname"] == "P0"
    clock.sleep(5)
    assert api.search(wanted)[1]["results"][0]["properties"]["firstname"] == "New"


def test_an_archived_contact_leaves_the_index(api, three, clock):
    api.ask("DELETE", f"{api.objects}/{three[1]}")
    clock.sleep(5)
    assert [row["id"] for row in api.search()[1]["results"]] == [three[0], three[2]]


def test_search_pages_by_offset(api, three):
    _, first = api.search(limit=2)
    assert (first["total"], first["paging"]["next"]["after"]) == (3, "2")
    _, second = api.search(limit=2, after="2")
    assert [row["id"] for row in first["results"] + second["results"]] == three
    assert "paging" not in second


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": 201},
        {"limit": 200, "after": "9801"},
        {"after": "x"},
        {"sorts": ["email", "firstname"]},
        {"filterGroups": [{"filters": []}] * 6},
        {"filterGroups": [{"filters": [{"propertyName": "email", "operator": "HAS_PROPERTY"}] * 7}]},
        {"filterGroups": [{"filters": [{"propertyName": "email", "operator": "HAS_PROPERTY"}] * 5}] * 4},
        {"filterGroups": [{"filters": [{"propertyName": "email", "operator": "LIKE", "value": "x"}]}]},
    ],
)
def test_what_is_over_a_cap_is_a_validation_error(api, asked):
    status, body = api.json("POST", f"{api.objects}/search", asked)
    assert (status, body["category"]) == (400, "VALIDATION_ERROR")


def test_the_ten_thousandth_result_is_the_last(api):
    assert api.search(limit=200, after="9800")[0] == 200


@pytest.mark.parametrize(
    ("operator", "given", "found"),
    [
        ("EQ", {"value": "p1"}, [1]),
        ("NEQ", {"value": "p1"}, [0, 2]),
        ("IN", {"values": ["p0", "p2"]}, [0, 2]),
        ("IN", {"values": ["P0"]}, []),
        ("NOT_IN", {"values": ["p0"]}, [1, 2]),
        ("GT", {"value": "p1"}, [2]),
        ("BETWEEN", {"value": "p0", "highValue": "p1"}, [0, 1]),
        ("CONTAINS_TOKEN", {"value": "p2*"}, [2]),
        ("HAS_PROPERTY", {}, [0, 1, 2]),
        ("NOT_HAS_PROPERTY", {}, []),
    ],
)
def test_operators(api, three, operator, given, found):
    _, body = api.search({"propertyName": "firstname", "operator": operator, **given})
    assert [row["id"] for row in body["results"]] == [three[n] for n in found]


def test_ids_compare_as_numbers(api, three, box):
    _, body = api.search({"propertyName": "hs_object_id", "operator": "GT", "value": "99"})
    assert body["total"] == 3


def test_contacts_have_no_hs_lastmodifieddate_and_search_says_nothing(api, three):
    assert api.search({"propertyName": "hs_lastmodifieddate", "operator": "GTE", "value": "0"})[1]["total"] == 0
