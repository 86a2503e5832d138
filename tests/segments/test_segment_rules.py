"""Rules: what may be written, how a mistake is explained, and who a rule finds."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal

import pytest
from regulars.errors import ConfigError
from regulars.segments import Draw, funnel, parse, shipped
from regulars.segments.compiler import all_of, compile_condition
from segments.people import DRAW, TODAY, fill


def members(session, text: str) -> list[str]:
    conditions = [compile_condition(part, TODAY, DRAW) for part in parse("mine", text).conditions]
    rows = session.query(f"SELECT customer_id FROM catalogue WHERE {all_of(conditions)} ORDER BY 1")
    return [row[0] for row in rows]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("orders_cout >= 2", ("orders_cout", "line 1, column 1", "orders_count")),
        ("orders_count >= 2\n  AND sate = 'lapsed'", ("sate", "line 2, column 7", "'state'")),
        ("orders_count = 'x'", ("orders_count is a number", "'x' is a text", "column 16")),
        ("last_order_on > 5", ("last_order_on is a date", "5 is a number")),
        ("last_order_on > 'soon'", ("'soon' is not a day",)),
        ("state = 'laps'", ("'laps'", "Did you mean 'lapsed'")),
        ("state IN ('lapsed', 'gone')", ("'gone'", "active")),
        ('state = "lapsed"', ("lapsed", "single quotes")),
        ("country = NULL", ("IS NULL",)),
        ("orders_count", ("number, not a condition",)),
        ("own('A')", ("no function 'own'", "owns")),
        ("owns(country)", ("wrong arguments of owns", "owns('sku')")),
        ("percentile(country, 20) > 1", ("wrong arguments of percentile",)),
        ("percentile(clv_12m, 120) > 1", ("wrong arguments of percentile",)),
        ("days_since(country) > 3", ("wrong arguments of days_since",)),
        ("tags = 'vip'", ("tags is a list",)),
        ("orders_count + country > 3", ("country is a text, a number is needed",)),
        ("NOT orders_count", ("a boolean is needed",)),
        ("customer.orders_count = 1", ("not a column of the catalogue",)),
        ("orders_count >", ("cannot be read at line 1",)),
        ("", ("empty",)),
        ("orders_count = 1; DROP TABLE catalogue", ("cannot be read",)),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_was_meant(text, words):
    with pytest.raises(ConfigError) as caught:
        parse("mine", text)
    assert str(caught.value).startswith("segment mine: ")
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "country IN (SELECT country FROM customer)",
        "EXISTS (SELECT 1)",
        "orders_count = (SELECT 1)",
        "read_csv('secrets.csv') = 1",
        "country::INT = 1",
        "CAST(country AS INT) = 1",
        "CASE WHEN is_customer THEN true END",
        "country ~ 'G.*'",
        "current_date > last_order_on",
        "now() > last_order_on",
        "orders_count / 2 = 1",
        "orders_count = $secret",
        "tags[1] = 'x'",
        "country || 'x' = 'GBx'",
        "orders_count = ANY([1, 2])",
        "max(orders_count) = 1",
        "*",
        "country LIKE 'a!%' ESCAPE '!'",
        "getenv('HOME') = 'x'",
        "count(*) OVER () > 1",
    ],
)
def test_what_is_not_listed_is_refused(text):
    with pytest.raises(ConfigError):
        parse("mine", text)


def test_unknown_is_not_a_member_unless_it_is_asked_for(session):
    fill(
        session,
        {"customer_id": "known", "last_status": "shipped"},
        {"customer_id": "other", "last_status": "delivered"},
        {"customer_id": "unknown"},
    )
    assert members(session, "last_status <> 'delivered'") == ["known"]
    assert members(session, "NOT last_status = 'delivered'") == ["known"]
    assert members(session, "last_status <> 'delivered' OR never(last_status)") == ["known", "unknown"]
    assert members(session, "coalesce(last_status, 'none') = 'none'") == ["unknown"]


def test_functions_find_whom_they_name(session):
    fill(
        session,
        {"customer_id": "a", "owned_skus": ["TEA"], "tags": ["vip"], "last_order_on": date(2026, 11, 1)},
        {"customer_id": "b", "owned_skus": [], "tags": [], "last_order_on": date(2026, 11, 20)},
    )
    assert members(session, "owns('TEA') AND has_tag('vip')") == ["a"]
    assert members(session, "NOT owns('TEA')") == ["b"]
    assert members(session, "days_since(last_order_on) = 20") == ["a"]
    assert members(session, "last_order_on >= '2026-11-20'") == ["b"]
    assert members(session, "last_order_on BETWEEN DATE '2026-10-01' AND '2026-11-10'") == ["a"]


def test_a_quote_in_a_text_stays_a_text(session):
    fill(session, {"customer_id": "a", "tags": ["O'Brien"], "country": "x' OR true --"})
    assert members(session, "has_tag('O''Brien')") == ["a"]
    assert members(session, "country = 'x'' OR true --'") == ["a"]
    assert members(session, "has_tag('x'' OR true --')") == []


def test_a_percentile_is_that_of_all_who_have_a_value(session):
    people = [{"customer_id": f"{n:02}", "clv_12m": Decimal(n)} for n in range(1, 11)]
    fill(session, *people, {"customer_id": "none"})
    assert members(session, "clv_12m >= percentile(clv_12m, 80)") == ["08", "09", "10"]


def test_the_funnel_tells_who_is_left_and_where_nobody_knew(session):
    fill(
        session,
        {"customer_id": "a", "orders_count": 3, "last_status": "delivered"},
        {"customer_id": "b", "orders_count": 3},
        {"customer_id": "c", "orders_count": 1, "last_status": "delivered"},
    )
    steps = funnel(session, parse("x", "(orders_count > 1 AND last_status = 'delivered')"), TODAY, DRAW)
    assert [(s.remaining, s.unknown) for s in steps] == [(3, 0), (2, 0), (1, 1)]
    assert steps[1].condition == "orders_count > 1"


def test_the_draw_is_a_hash_and_sql_agrees_with_it(session):
    people = [f"customer-{n}" for n in range(400)]
    fill(session, *({"customer_id": person} for person in people))
    draw = Draw("salt", "fernhill", 0.25)
    condition = compile_condition(parse("x", "holdout('winback')").conditions[0], TODAY, draw)
    found = {row[0] for row in session.query(f"SELECT customer_id FROM catalogue WHERE {condition}")}
    assert found == {person for person in people if draw.held_out("winback", person)}
    assert 60 < len(found) < 140
    digest = int(hashlib.sha256(b"salt|fernhill|winback|customer-7").hexdigest(), 16)
    assert draw.held_out("winback", "customer-7") == (digest / 2**256 < 0.25)


@pytest.mark.parametrize(("share", "held"), [(0.0, False), (1.0, True)])
def test_nobody_and_everybody_can_be_held_out(share, held):
    assert {Draw("s", "c", share).held_out("winback", str(n)) for n in range(50)} == {held}


def test_every_shipped_segment_is_a_good_rule(session):
    fill(
        session,
        {"customer_id": "a", "first_order_on": date(2026, 11, 10), "orders_count": 1},
        {"customer_id": "b", "orders_count": 9, "r": 5, "fm": 5, "refund_rate": 0.0},
    )
    assert len(shipped()) == 10
    assert members(session, shipped()["new_this_month"].when) == ["a"]
    assert members(session, shipped()["champions"].when) == ["b"]
    for segment in shipped().values():
        members(session, segment.when)
