"""A page read at a stroke says what its records say one after the other."""

from __future__ import annotations

import json
from datetime import UTC

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from regulars import Http, PlatformError, Response
from regulars.secret import Redactor
from regulars_hubspot.models import Row, id_of, listed, row_of, rows_of
from regulars_hubspot.policy import policy
from regulars_hubspot.source import HubSpotSource
from regulars_hubspot.wire import page_of

TEXT = st.text("aé7 ", max_size=4)
INSTANT = st.sampled_from(["2026-11-20T08:00:00Z", "2026-11-20T08:00:00.123Z", "2025-12-31T23:00:00+02:00"])
ODD = st.sampled_from(["soon", "2026-11-20T08:00:00", "0001-01-01T00:00:00+09:00", "", 7, None, [], {}])
RECORD = st.fixed_dictionaries(
    {
        "id": st.from_regex(r"[0-9]{1,12}", fullmatch=True) | st.just("7a"),
        "properties": st.dictionaries(TEXT, st.none() | TEXT, max_size=4),
        "updatedAt": INSTANT | ODD,
    },
    optional={"createdAt": INSTANT | st.none() | ODD, "archivedAt": INSTANT | ODD, "archived": st.booleans()},
)


def answer(body):
    return Response(200, {}, json.dumps(body).encode(), "GET x")


FAR = {"id": "7", "properties": {}, "updatedAt": "0001-01-01T00:00:00+09:00"}
ELSEWHERE = FAR | {"updatedAt": "2026-11-20T08:00:00Z", "createdAt": "2025-12-31T23:00:00+02:00"}


@given(st.lists(RECORD, max_size=3))
@example([FAR])
@example([ELSEWHERE, ELSEWHERE | {"archivedAt": "0001-01-01T00:00:00+09:00"}])
def test_a_page_at_a_stroke_is_what_its_records_are_one_after_the_other(records):
    whole = listed(json.dumps({"results": records}).encode())
    alone, rejected = rows_of(records)
    assert rows_of(page_of(answer({"results": records}))[0]) == (alone, rejected)
    if whole is not None:
        assert (whole[0], rejected) == (alone, [])


@given(st.lists(RECORD, min_size=1, max_size=3))
def test_only_what_is_odd_is_taken_apart(records):
    if not rows_of(records)[1]:
        assert listed(json.dumps({"results": records}).encode()) is not None


GOOD = {"id": "7", "properties": {"email": "a@b.test"}, "updatedAt": "2026-11-20T08:00:00Z"}


@pytest.mark.parametrize(
    "broken",
    [
        {"id": 7},
        {"id": ""},
        {"id": "x7"},
        {"properties": None},
        {"properties": {"n": 7}},
        {"properties": {"n": ["a"]}},
        {"updatedAt": None},
        {"updatedAt": "2026-11-20T08:00:00"},
    ],
)
def test_a_record_that_is_none_keeps_no_other_from_being_read(broken):
    found, after = page_of(answer({"results": [GOOD, GOOD | broken], "paging": {"next": {"after": "9"}}}))
    rows, rejected = rows_of(found)
    assert ([row.id for row in rows], len(rejected), after) == (["7"], 1, "9")
    assert json.loads(rejected[0].raw) == GOOD | broken
    assert [id_of(one) for one in found] == ["7", str((GOOD | broken)["id"])]


@pytest.mark.parametrize("record", [7, None, "7", [GOOD]])
def test_a_record_that_is_no_object_has_no_id(record):
    found, _ = page_of(answer({"results": [record]}))
    assert [id_of(one) for one in found] == [""]
    assert len(rows_of(found)[1]) == 1


def test_half_a_character_costs_no_record():
    body = b'{"results": [{"id": "7", "properties": {"n": "\\ud83d"}, "updatedAt": "2026-11-20T08:00:00Z"}]}'
    (row,), rejected = rows_of(page_of(Response(200, {}, body, "GET x"))[0])
    assert (row.properties, rejected) == ({"n": "\ufffd"}, [])


@pytest.mark.parametrize("body", [{}, {"results": None}, [], {"status": "error"}])
def test_an_answer_without_records_is_none_that_can_be_stored(body):
    with pytest.raises(PlatformError):
        page_of(answer(body))


def test_a_row_is_the_same_whichever_way_it_was_read():
    assert listed(json.dumps({"results": [GOOD]}).encode()) == ([row_of(GOOD)], None)
    assert type(row_of(GOOD)) is Row


@pytest.mark.parametrize("odd", [{"properties": {"email": "no@id.test"}}, {"id": ""}, None, 7])
def test_a_record_without_an_id_is_set_aside_also_where_the_others_are_read_one_more_time(settings, clock, odd):
    names = [f"loyalty_programme_{n:03}_{'x' * 40}" for n in range(110)]  # too many for a URL
    batches = []

    def platform(request):
        if request.url.path.endswith("/batch/read"):
            ids = [one["id"] for one in json.loads(request.content)["inputs"]]
            batches.append(ids)
            return httpx.Response(200, json={"results": [GOOD | {"id": one} for one in ids]})
        if request.method == "POST":
            return httpx.Response(200, json={"total": 2, "results": []})
        return httpx.Response(200, json={"results": [] if "/properties/" in request.url.path else [GOOD, odd]})

    http = Http(policy(settings), clock=clock, redactor=Redactor(), transport=httpx.MockTransport(platform))
    pages = list(HubSpotSource(settings, http, names).pages("contacts", None))
    people = [one["id"] for page in pages for one in page.rows.get("person", ())]
    assert (people, batches) == (["7"], [["7"]])
    assert [one.kind for page in pages for one in page.rejected] == ["person"]


@pytest.mark.parametrize("name", ["updatedAt", "createdAt"])
def test_an_instant_that_no_calendar_has_in_utc_is_none(name):
    with pytest.raises(ValueError, match="no calendar"):
        row_of(GOOD | {name: "0001-01-01T00:00:00+09:00"})


def test_every_instant_of_a_row_is_in_utc_whichever_way_it_was_read():
    whole = listed(json.dumps({"results": [ELSEWHERE]}).encode())
    assert whole is not None
    for row in (whole[0][0], row_of(ELSEWHERE)):
        assert [at.tzinfo for at in (row.updated_at, row.created_at)] == [UTC, UTC]
