"""A record has every field of its kind, whatever the platform said."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_type_hints

import pytest
from regulars import record
from regulars.records import KINDS
from regulars.testing.contract.shapes import faults

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
# What must be said of each kind beside its id and its time.
SAID = {
    "order": {
        "ordered_at": AT,
        "currency": "EUR",
        **dict.fromkeys(["goods_minor", "goods_tax_minor", "discount_minor"], 0),
        **dict.fromkeys(["shipping_minor", "tax_minor", "total_minor"], 0),
    },
    "line": {"order_id": "1", "quantity": 1, "current_quantity": 1, "currency": "EUR", "goods_minor": 990},
    "refund": {
        "order_id": "1",
        "refunded_at": AT,
        "currency": "EUR",
        **dict.fromkeys(["goods_minor", "goods_tax_minor", "total_minor"], 0),
    },
    "refund_line": {
        **dict.fromkeys(["refund_id", "order_id", "line_id"], "1"),
        "quantity": 1,
        "currency": "EUR",
        "goods_minor": 990,
    },
    "fulfilment": {"order_id": "1"},
    "code_use": {"order_id": "1", "code": "THANKS"},
    "touch": {"kind": "open", "at": AT},
    "consent": {"person_id": "1", "channel": "email", "state": "unknown"},
    "bounce": {"email": "ann@example.test", "kind": "hard"},
    "membership": {"person_id": "1", "list": "regulars-vip"},
    "signal": {"person_id": "1", "kind": "open_ticket"},
    "deletion": {"entity": "person"},
    "merge": {"into": "2"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_of_any_kind_is_what_it_is_called(kind):
    made = record(kind, id="1", updated_at=AT, **SAID.get(kind, {}))
    assert list(made) == list(get_type_hints(KINDS[kind]))
    assert list(faults(kind, made)) == []


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, said in SAID.items() for name in said])
def test_what_has_no_empty_value_must_be_said(kind, name):
    said = {other: value for other, value in SAID[kind].items() if other != name}
    with pytest.raises(TypeError, match=f"a {kind} needs {name}$"):
        record(kind, id="1", updated_at=AT, **said)


def test_what_is_not_said_is_empty():
    made = record("person", id="1", updated_at=AT, email="ann@example.test")
    assert made == {
        "id": "1",
        "updated_at": AT,
        "created_at": None,
        "email": "ann@example.test",
        "other_emails": [],
        "phone": None,
        "first_name": None,
        "last_name": None,
        "country": None,
        "company": None,
        "tags": [],
        "held": "{}",
        "lists": [],
        "custom": "{}",
    }


def test_an_order_is_no_test_unless_it_says_so():
    assert record("order", id="1", updated_at=AT, **SAID["order"])["test"] is False
    assert record("order", id="1", updated_at=AT, test=True, **SAID["order"])["test"] is True


def test_what_is_said_stays_even_where_it_is_none():
    assert record("person", id="1", updated_at=AT, lists=None)["lists"] is None


def test_two_records_share_no_list():
    one, other = (record("person", id=name, updated_at=AT) for name in "12")
    one["tags"].append("vip")
    assert other["tags"] == []


def test_a_misspelt_field_names_the_nearest():
    with pytest.raises(TypeError, match="a person has no field 'frist_name'; did you mean 'first_name'"):
        record("person", id="1", updated_at=AT, frist_name="Ann")


def test_a_field_like_no_other_names_those_there_are():
    with pytest.raises(TypeError, match="a merge has no field 'zzz'; there are id, updated_at, into"):
        record("merge", id="1", updated_at=AT, into="2", zzz=1)


def test_a_misspelt_kind_names_the_nearest():
    with pytest.raises(ValueError, match="'persn' is no kind of record; did you mean 'person'"):
        record("persn", id="1", updated_at=AT)
