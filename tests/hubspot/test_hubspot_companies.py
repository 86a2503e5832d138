"""Companies and orders: read where the account lets us."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from regulars import AuthError
from regulars.testing.contract.shapes import faults
from regulars.testing.contract.shelf import Shelf
from regulars_hubspot.settings import HubSpotSettings
from regulars_hubspot.source import HubSpotSource

OBJECTS = "/crm/objects/2026-09"


@pytest.fixture
def selling(settings, http):
    """A source of a client whose orders are kept in HubSpot alone."""
    return HubSpotSource(HubSpotSettings(token=settings.token, orders=True), http)


@pytest.fixture
def make(api):
    def create(kind, **properties):
        status, row = api.json("POST", f"{OBJECTS}/{kind}", {"properties": properties})
        assert status == 201, row
        return row["id"]

    return create


@pytest.fixture
def associate(api):
    def put(kind, key, to, target):
        path = f"{OBJECTS}/{kind}/{key}/associations/default/{to}/{target}"
        assert api.ask("PUT", path).status == 200

    return put


def calls(box, text):
    return [asked for asked in box.log if text in asked.path]


def test_a_company_comes_with_its_contacts(api, source, make, associate, read, rows):
    acme = make("companies", name="Acme", domain="acme.example.test", country="DE", industry="RETAIL")
    alone = make("companies", name="Alone")
    people = [api.create(email=f"p{n}@acme.example.test") for n in range(3)]
    for one in reversed(people):
        associate("contacts", one, "companies", acme)
    found = {one["id"]: one for one in rows(read(source, "companies")[0], "company")}
    assert (found[acme]["name"], found[acme]["domain"], found[acme]["country"]) == (
        "Acme",
        "acme.example.test",
        "DE",
    )
    assert json.loads(found[acme]["custom"]) == {"country": "DE", "industry": "RETAIL", "contacts": people}
    assert (found[alone]["name"], json.loads(found[alone]["custom"])) == ("Alone", {})
    assert not [fault for one in found.values() for fault in faults("company", one)]


def test_the_next_run_brings_only_companies_that_changed(api, source, make, clock, read, rows):
    first, second = make("companies", name="A"), make("companies", name="B")
    clock.forward(timedelta(hours=1))
    _, cursor = read(source, "companies")
    clock.forward(timedelta(hours=1))
    api.json("PATCH", f"{OBJECTS}/companies/{second}", {"properties": {"name": "C"}})
    clock.forward(timedelta(minutes=2))
    pages, _ = read(source, "companies", cursor)
    assert [(one["id"], one["name"]) for one in rows(pages, "company")] == [(second, "C")]
    assert first


def test_an_archived_company_and_one_that_was_merged_are_gone(api, source, make, clock):
    kept, archived, merged = (make("companies", name=name) for name in "ABC")
    clock.forward(timedelta(hours=1))
    shelf = Shelf()
    shelf.read(source)
    api.ask("DELETE", f"{OBJECTS}/companies/{archived}")
    api.json("POST", f"{OBJECTS}/companies/merge", {"primaryObjectId": kept, "objectIdToMerge": merged})
    clock.forward(timedelta(hours=1))
    shelf.read(source)
    assert [one["id"] for one in shelf.of("company")] == [kept]


def test_a_company_merged_into_one_that_was_archived_before_the_next_reading_is_gone(api, source, make, clock):
    kept, archived, merged = (make("companies", name=name) for name in "ABC")
    clock.forward(timedelta(hours=1))
    shelf = Shelf()
    shelf.read(source)
    asked = {"primaryObjectId": archived, "objectIdToMerge": merged}
    _, row = api.json("POST", f"{OBJECTS}/companies/merge", asked)
    api.ask("DELETE", f"{OBJECTS}/companies/{row['id']}")
    clock.forward(timedelta(hours=1))
    shelf.read(source)
    assert [one["id"] for one in shelf.of("company")] == [kept]


def test_a_token_that_may_not_read_companies_reads_the_rest(box, source, crowd):
    box.scopes -= {"crm.objects.companies.read", "content"}
    box.populate(crowd(3))
    shelf = Shelf()
    shelf.read(source)
    assert (len(shelf.of("person")), set(shelf.cursors)) == (3, {"contacts", "archived", "lists"})


@pytest.mark.parametrize(("stream", "scope"), [("companies", "crm.objects.companies.read"), ("events", "content")])
def test_a_scope_that_is_lost_is_told(box, source, read, stream, scope):
    _, cursor = read(source, stream)
    box.scopes.discard(scope)
    with pytest.raises(AuthError, match=f"{stream} could be read before: HubSpot: the token lacks {scope}"):
        list(source.pages(stream, cursor))


def test_a_scope_that_is_granted_later_is_used(box, source, make, read, rows):
    make("companies", name="A")
    box.scopes.discard("crm.objects.companies.read")
    pages, cursor = read(source, "companies")
    assert (pages, cursor) == ([], None)
    box.scopes.add("crm.objects.companies.read")
    assert len(rows(read(source, "companies")[0], "company")) == 1


# --- orders ---


def test_orders_are_read_only_where_a_client_asks_for_them(box, source, selling, read):
    assert "orders" not in source.streams()
    assert "orders" in selling.streams()
    Shelf().read(source)
    assert not calls(box, "orders")


def test_an_order_comes_with_its_money_and_its_person(api, selling, make, associate, read, rows):
    ann = api.create(email="ann@tea.example.test")
    order = make(
        "orders",
        hs_external_order_id="T-1001",
        hs_currency_code="EUR",
        hs_total_price="59.80",
        hs_shipping_cost="4.95",
        hs_tax="8.75",
        hs_order_discount="5",
        hs_external_created_date="2026-02-01T10:00:00Z",
        hs_billing_address_email="ann@tea.example.test",
        hs_shipping_address_country="AT",
        hs_external_order_status="paid",
        hs_source_store="Tea House",
        hs_tags="gift; wholesale",
    )
    associate("orders", order, "contacts", ann)
    (found,) = rows(read(selling, "orders")[0], "order")
    assert not list(faults("order", found))
    assert found["id"] == order
    assert (found["number"], found["person_id"], found["email"]) == ("T-1001", ann, "ann@tea.example.test")
    assert found["ordered_at"] == datetime(2026, 2, 1, 10, tzinfo=UTC)
    assert (found["total_minor"], found["goods_minor"], found["goods_tax_minor"]) == (5980, 4610, 0)
    assert (found["shipping_minor"], found["tax_minor"], found["discount_minor"]) == (495, 875, 500)
    assert (found["country"], found["status"], found["tags"]) == ("AT", "paid", ["gift", "wholesale"])


def test_an_order_without_a_currency_is_in_the_portals_only_one(box, selling, make, read, rows):
    box.currency = "JPY"
    make("orders", hs_total_price="1200")
    (found,) = rows(read(selling, "orders")[0], "order")
    assert (found["currency"], found["total_minor"]) == ("JPY", 1200)


def test_an_order_without_a_currency_in_a_portal_of_several_is_kept_aside(box, selling, make, read, rows):
    box.additional_currencies = ["USD"]
    order = make("orders", hs_total_price="12.00")
    pages, _ = read(selling, "orders")
    assert not rows(pages, "order")
    assert [(one.kind, one.id) for page in pages for one in page.rejected] == [("order", order)]


@pytest.mark.parametrize("total", ["", "12.345"])
def test_an_order_whose_money_makes_no_sense_is_kept_aside(selling, make, read, rows, total):
    good = make("orders", hs_total_price="12.00", hs_currency_code="EUR")
    make("orders", hs_total_price=total, hs_currency_code="EUR")
    pages, _ = read(selling, "orders")
    assert [one["id"] for one in rows(pages, "order")] == [good]
    assert len([one for page in pages for one in page.rejected]) == 1


@pytest.mark.parametrize("digits", [16, 20, 25, 400])
def test_an_order_of_a_day_that_no_calendar_has_is_kept_aside(selling, make, read, rows, digits):
    good = make("orders", hs_total_price="12.00", hs_currency_code="EUR")
    row = {"hs_total_price": "12.00", "hs_currency_code": "EUR", "hs_external_created_date": "9" * digits}
    broken = make("orders", **row)
    pages, _ = read(selling, "orders")
    assert [one["id"] for one in rows(pages, "order")] == [good]
    assert [(one.kind, one.id) for page in pages for one in page.rejected] == [("order", broken)]


def test_properties_that_a_portal_does_not_have_are_not_asked_for(box, selling, make, read, rows):
    del box.portal.schemas["orders"].live["hs_tax"]
    make("orders", hs_total_price="12.00", hs_currency_code="EUR")
    assert len(rows(read(selling, "orders")[0], "order")) == 1
    (asked,) = [one for one in calls(box, "/orders") if one.method == "GET" and "limit" in one.target]
    assert "hs_tax" not in asked.target
    assert "hs_total_price" in asked.target


def test_what_belongs_to_a_record_is_read_to_the_end(box, api, source, make, associate, read, rows):
    acme = make("companies", name="Acme")
    people = [api.create(email=f"p{n}@acme.example.test") for n in range(12)]
    for one in people:
        associate("companies", acme, "contacts", one)
    box.portal.associations.page = 5
    (found,) = rows(read(source, "companies")[0], "company")
    assert json.loads(found["custom"])["contacts"] == people
    assert len(calls(box, "/batch/read")) == 3
