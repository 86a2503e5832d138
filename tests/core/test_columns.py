"""Columns: records told field by field, which read and are stored like a list of records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from regulars import Columns, record
from regulars.errors import PluginError
from regulars.records import joined
from regulars.warehouse import read_segment, write_segment

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def people(*ids):
    return [
        record(
            "person", id=one, updated_at=NOW + timedelta(minutes=n), email=f"{one}@example.test", tags=[one] * n
        )
        for n, one in enumerate(ids)
    ]


def told(rows):
    return Columns({name: [row[name] for row in rows] for name in rows[0]})


def test_they_read_like_a_list_of_records():
    rows = people("ann", "bob", "cyd")
    columns = told(rows)
    assert (len(columns), list(columns), columns[1], columns[-1]) == (3, rows, rows[1], rows[2])
    assert list(columns[1:]) == rows[1:]
    assert bool(columns[:0]) is False
    with pytest.raises(IndexError):
        columns[3]


@pytest.mark.parametrize("of", [{"id": ["a"], "email": []}, {}])
def test_they_must_be_equally_long(of):
    with pytest.raises(PluginError, match="must be equally long"):
        Columns(of)


def test_a_list_may_be_shared_and_stays_as_it_is():
    ids = ["a", "b"]
    first = Columns({"id": ids, "person_id": ids})
    assert list(joined([first, first])) == 2 * [{"id": "a", "person_id": "a"}, {"id": "b", "person_id": "b"}]
    assert ids == ["a", "b"]


@pytest.mark.parametrize("kinds", [(told, told), (list, list), (told, list), (list, told)])
def test_pages_are_joined_in_their_order(kinds):
    pages = [kind(people(*ids)) for kind, ids in zip(kinds, (("ann", "bob"), ("cyd",)), strict=True)]
    whole = joined(pages)
    assert list(whole) == people("ann", "bob") + people("cyd")
    assert isinstance(whole, Columns) == (kinds == (told, told))


def test_pages_with_other_fields_are_joined_record_by_record():
    assert joined([Columns({"id": ["a"]}), Columns({"id": ["b"], "email": [None]})]) == [
        {"id": "a"},
        {"id": "b", "email": None},
    ]


def test_they_are_stored_as_the_same_table(tmp_path):
    rows = people("ann", "bob", "cyd")
    write_segment(tmp_path / "rows.parquet", "person", rows)
    write_segment(tmp_path / "columns.parquet", "person", told(rows))
    assert read_segment(tmp_path / "columns.parquet").equals(read_segment(tmp_path / "rows.parquet"))


@pytest.mark.parametrize(
    ("changed", "why"), [({"email": [1]}, "does not fit its kind"), ({"email": None}, "there is no column email")]
)
def test_a_column_that_is_not_there_or_of_another_type_is_the_plugins_fault(tmp_path, changed, why):
    of = {**told(people("ann")).of, **changed}
    columns = Columns({name: column for name, column in of.items() if column is not None})
    with pytest.raises(PluginError, match=why):
        write_segment(tmp_path / "x.parquet", "person", columns)
    assert list(tmp_path.iterdir()) == []
