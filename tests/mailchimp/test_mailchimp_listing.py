"""A page of members is read at a stroke; what is odd about one of them costs no other."""

from __future__ import annotations

import json

import httpx
import pytest
from mailchimp.tea_house import read
from pydantic import ValidationError
from regulars import Http, PlatformError, Response
from regulars.secret import Redactor
from regulars_mailchimp.client import policy
from regulars_mailchimp.listing import Listing, Row, as_text
from regulars_mailchimp.models import ASKED, Member
from regulars_mailchimp.source import MailchimpSource

ADA = {"id": "h1", "contact_id": "c1", "merge_fields": {"FNAME": "Ada"}, "stats": {"avg_open_rate": 0.5}}


def answer(body, status=200):
    return Response(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode(), "GET x")


def test_all_that_is_asked_for_has_its_place():
    assert {*ASKED, "location"} == set(Row.__struct_fields__)


def test_a_page_is_read_with_the_properties_that_were_mapped():
    told = Listing((*ASKED, "stats.avg_open_rate")).plain(answer({"members": [ADA], "total_items": 7}))
    assert told is not None
    assert told.total_items == 7
    row = told.members[0]
    assert (row.contact_id, row.merge_fields, row.stats) == ("c1", ADA["merge_fields"], ADA["stats"])
    assert row.status is None
    assert json.loads(as_text(row)) == ADA


@pytest.mark.parametrize(
    "body",
    [
        {"members": [ADA, 7]},
        {"members": None},
        {"title": "Resource Not Found"},
        [],
        b'{"members": [{"id": "\\ud83d"}]}',
        b'{"members": [{"id": 1e999}]}',
        b'{"members": [',
    ],
)
def test_what_is_no_plain_page_is_not_read_as_one(body):
    assert Listing(ASKED).plain(answer(body)) is None


def test_an_answer_without_success_is_no_page_whatever_it_holds():
    assert Listing(ASKED).plain(answer({"members": [ADA]}, status=404)) is None


def test_of_an_odd_page_every_object_is_a_row_and_the_rest_stays_what_it_is():
    told = Listing((*ASKED, "stats")).odd({"members": [ADA, 7, None], "total_items": 3}, "lists/x")
    assert [getattr(row, "contact_id", row) for row in told.members] == ["c1", 7, None]
    assert told.members[0].stats == ADA["stats"]
    with pytest.raises(PlatformError, match="lists no members"):
        Listing(ASKED).odd({"members": {}}, "lists/x")


@pytest.fixture
def source(settings, http):
    return MailchimpSource(settings, http, ("member_rating",))


@pytest.mark.parametrize(
    ("sent", "stored"),
    [("Ada \ud83d", "Ada \ufffd"), (10**26, 1e26), (2**64, float(2**64)), ({"deep": [10**30]}, {"deep": [1e30]})],
)
def test_a_value_that_no_record_can_hold_sets_nobody_aside(filled, source, sent, stored):
    filled.audience.find("ada@tea.example.test")["merge_fields"]["LOYALTY"] = sent
    rows, _, rejected = read(source, "members")
    people = {row["email"].partition("@")[0]: json.loads(row["custom"]) for row in rows["person"].values()}
    assert rejected == []
    assert set(people) == {"ada", "bob", "cyd", "dee"}
    assert (people["ada"]["LOYALTY"], people["ada"]["member_rating"]) == (stored, 2)
    assert {row["address"] for row in rows["consent"].values()} == {f"{name}@tea.example.test" for name in people}


@pytest.mark.parametrize("odd", [7, "text", [1], None])
def test_a_member_that_is_no_object_is_set_aside_as_it_came(settings, clock, odd):
    told = {"status": "subscribed", "email_address": "a@tea.test", "last_changed": "2026-01-02T03:04:05+00:00"}
    page = json.dumps({"members": [ADA | told, odd], "total_items": 2}).encode()
    http = Http(
        policy(settings),
        clock=clock,
        redactor=Redactor(),
        transport=httpx.MockTransport(lambda _: httpx.Response(200, content=page)),
    )
    rows, _, rejected = read(MailchimpSource(settings, http), "members")
    assert [(one.kind, one.id, one.reason) for one in rejected] == [("person", "", "a member is no object")]
    assert json.loads(rejected[0].raw) == odd
    assert (list(rows["person"]), list(rows["consent"])) == (["c1"], ["c1:email"])


def test_an_instant_that_no_calendar_has_in_utc_is_no_member():
    bare = {**ADA, "email_address": "a@tea.test", "status": "subscribed"}
    with pytest.raises(ValidationError, match="no calendar"):
        Member.model_validate(bare | {"last_changed": "0001-01-01T00:00:00+09:00"})


def told(settings, clock, *members):
    page = b'{"members": [%b], "total_items": %d}' % (b",".join(members), len(members))
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=page))
    http = Http(policy(settings), clock=clock, redactor=Redactor(), transport=transport)
    return read(MailchimpSource(settings, http), "members")


PLAIN = (
    b'{"id": "h%d", "contact_id": "c%d", "email_address": "a@tea.test", "status": "unsubscribed",'
    b' "last_changed": "2026-01-02T03:04:05+00:00", "merge_fields": %b}'
)


@pytest.mark.parametrize(
    ("sent", "held"),
    [
        (b"1180591620717411303424", "1180591620717411300000"),
        (b"-9223372036854775809", "-9223372036854776000"),
        (b"1" + b"0" * 400, "1" + "0" * 400),
        (b"1e999", "inf"),
        (b"7.0", "7"),
        (b"18446744073709551615",) * 2,
    ],
)
@pytest.mark.parametrize("neighbour", [b"7", PLAIN % (2, 2, b"{}")], ids=["odd", "plain"])
def test_a_value_of_ours_is_the_same_whoever_stands_beside_it(settings, clock, sent, held, neighbour):
    rows, _, _ = told(settings, clock, PLAIN % (1, 1, b'{"RG_P": %b}' % sent), neighbour)
    expected = held.decode() if isinstance(held, bytes) else held
    assert json.loads(rows["person"]["c1"]["held"]) == {"RG_P": expected}
    assert rows["consent"]["c1:email"]["state"] == "unsubscribed"


@pytest.mark.parametrize("neighbour", [b"7", PLAIN % (2, 2, b"{}")], ids=["odd", "plain"])
def test_fields_that_are_no_fields_set_a_person_aside_and_leave_the_opt_out(settings, clock, neighbour):
    rows, _, rejected = told(settings, clock, PLAIN % (1, 1, b"1e999"), neighbour)
    assert "c1" not in rows["person"]
    assert "c1" in [one.id for one in rejected]
    assert rows["consent"]["c1:email"]["state"] == "unsubscribed"
