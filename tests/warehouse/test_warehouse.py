"""The warehouse: newest version wins, replays are harmless, readers see whole snapshots."""

import os
import resource
from datetime import UTC, datetime, timedelta, timezone

import pytest
from regulars.errors import PluginError, RegularsError
from regulars.records import KINDS
from regulars.warehouse import Warehouse, read_segment, rewrite_without, write_segment
from regulars.warehouse.schema import TABLES, arrow_schema
from regulars.warehouse.store import Stored

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def person(record_id, email="a@example.test", at=NOW):
    return {
        "id": record_id, "updated_at": at, "created_at": None, "email": email, "other_emails": [], "phone": None,
        "first_name": None, "last_name": None, "country": None, "company": None, "tags": ["vip"], "held": "{}",
        "lists": None, "custom": "{}",
    }  # fmt: skip


@pytest.fixture
def warehouse(tmp_path):
    return Warehouse(tmp_path / "acme's data")


@pytest.fixture
def store(warehouse):
    def store(seq, kind, *rows, connection="shop"):
        path = warehouse.folder / "segments" / connection / f"{seq:09d}-{kind}.parquet"
        write_segment(path, kind, rows)
        return Stored(seq, connection, kind, path)

    return store


def people(warehouse):
    with warehouse.burst() as session:
        return session.query("SELECT connection, id, email, deleted FROM persons ORDER BY connection, id")


def test_every_record_kind_has_a_table_but_deletions():
    assert set(TABLES) == set(KINDS) - {"deletion"}
    assert all(len(arrow_schema(kind)) > 2 for kind in KINDS)


def test_the_newest_version_wins_whatever_the_order_of_arrival(warehouse, store):
    new = store(1, "person", person("1", "new@example.test", NOW + timedelta(hours=1)))
    old = store(2, "person", person("1", "old@example.test"))
    warehouse.merge([new])
    warehouse.merge([old])
    assert people(warehouse) == [("shop", "1", "new@example.test", False)]


def test_of_two_equal_versions_the_later_segment_wins(warehouse, store):
    warehouse.merge(
        [store(1, "person", person("1", "a@example.test")), store(2, "person", person("1", "b@example.test"))]
    )
    assert people(warehouse) == [("shop", "1", "b@example.test", False)]


def test_merging_the_same_segments_twice_changes_nothing(warehouse, store):
    segments = [
        store(1, "person", person("1"), person("2")),
        store(2, "person", person("2", "x@example.test")),
    ]
    warehouse.merge(segments)
    before = people(warehouse)
    warehouse.merge(segments)
    assert people(warehouse) == before
    assert before[1] == ("shop", "2", "x@example.test", False)


def test_the_same_id_on_two_connections_is_two_records(warehouse, store):
    warehouse.merge(
        [store(1, "person", person("1")), store(2, "person", person("1", "b@example.test"), connection="crm")]
    )
    assert len(people(warehouse)) == 2


def test_a_deletion_marks_its_record_and_a_return_lifts_the_mark(warehouse, store):
    warehouse.merge([store(1, "person", person("1"), person("2"))])
    warehouse.merge([store(2, "deletion", {"id": "1", "updated_at": NOW, "entity": "person"})])
    assert [row[3] for row in people(warehouse)] == [True, False]
    warehouse.merge([store(3, "person", person("1", at=NOW + timedelta(days=1)))])
    assert [row[3] for row in people(warehouse)] == [False, False]


def test_a_record_seen_again_after_its_deletion_is_back_also_when_all_is_merged_at_once(warehouse, store):
    first, again = store(1, "person", person("1")), store(3, "person", person("1"))
    gone = store(2, "deletion", {"id": "1", "updated_at": NOW + timedelta(hours=1), "entity": "person"})
    warehouse.merge([first, gone])
    assert [row[3] for row in people(warehouse)] == [True]
    warehouse.merge([again])
    assert [row[3] for row in people(warehouse)] == [False]
    warehouse.discard()
    warehouse.merge([first, gone, again])
    assert [row[3] for row in people(warehouse)] == [False]


def test_a_record_that_does_not_fit_its_kind_is_the_plugins_fault(warehouse):
    with pytest.raises(PluginError, match="a person record does not fit"):
        write_segment(warehouse.folder / "x.parquet", "person", [person(7)])
    with pytest.raises(PluginError, match="a person record does not fit"):
        write_segment(warehouse.folder / "x.parquet", "person", [person("7", at="yesterday")])
    assert not list(warehouse.folder.glob("*"))


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 11, 21, 2, 3, 4, 567891, tzinfo=timezone(timedelta(hours=2))),
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
    ],
)
def test_a_segment_keeps_an_instant_to_the_microsecond_whatever_its_zone(tmp_path, at):
    write_segment(tmp_path / "x.parquet", "person", [person("1"), person("2", at=at)])
    assert read_segment(tmp_path / "x.parquet").column("updated_at").to_pylist() == [NOW, at]


def test_a_segment_in_which_everybody_is_forgotten_is_left_empty(tmp_path):
    write_segment(tmp_path / "x.parquet", "person", [person("1")])
    assert rewrite_without(tmp_path / "x.parquet", "person", lambda row: True) == 1
    left = read_segment(tmp_path / "x.parquet")
    assert (left.num_rows, left.schema) == (0, arrow_schema("person"))


def test_a_full_disk_leaves_nothing_half_written(warehouse):
    target = warehouse.folder / "segments" / "x.parquet"
    rows = [person(str(i), f"{i}{os.urandom(200).hex()}@example.test") for i in range(2000)]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(RegularsError, match="cannot store a page"):
            write_segment(target, "person", rows)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(target.parent.iterdir()) == []
    write_segment(target, "person", rows)
    assert read_segment(target).num_rows == 2000


def test_a_segment_can_be_rewritten_without_a_person(warehouse, store):
    segment = store(1, "person", person("1"), person("2"), person("3"))
    assert rewrite_without(segment.path, "person", lambda row: row["id"] == "2") == 1
    assert read_segment(segment.path).column("id").to_pylist() == ["1", "3"]
    assert b"2@" not in segment.path.read_bytes()


def test_readers_see_the_last_published_state_and_never_block(warehouse, store):
    with pytest.raises(RegularsError, match="nothing was measured yet"), warehouse.published():
        pass
    warehouse.merge([store(1, "person", person("1"))])
    warehouse.publish()
    with warehouse.published() as reader:
        warehouse.merge([store(2, "person", person("2"))])
        warehouse.publish()
        assert reader.query("SELECT count(*) FROM persons") == [(1,)]
    with warehouse.published() as reader:
        assert reader.query("SELECT count(*) FROM persons") == [(2,)]


def test_a_file_of_another_format_is_not_current(warehouse):
    assert not warehouse.current()
    with warehouse.burst() as session:
        session.run("UPDATE meta SET version = 1")
    assert not warehouse.current()
    warehouse.discard()
    with warehouse.burst():
        pass
    assert warehouse.current()


def test_the_same_text_is_run_again_with_other_parameters_on_another_file(tmp_path):
    for folder, number in (("one", 1), ("two", 2)):
        with Warehouse(tmp_path / folder).burst() as session:
            session.run("CREATE TABLE number (n BIGINT); INSERT INTO number VALUES ($n)", {"n": number})
            session.run("INSERT INTO number SELECT n + 10 FROM number")
            assert session.query("SELECT n FROM number WHERE n > $least ORDER BY n", {"least": 0}) == [
                (number,),
                (number + 10,),
            ]


def test_a_file_that_vanished_is_another_one_when_it_is_made_again(tmp_path):
    warehouse = Warehouse(tmp_path)
    before = warehouse.made()
    assert warehouse.current()
    warehouse.path.unlink()
    assert not warehouse.current()
    warehouse.discard()
    assert warehouse.made() != before
    assert warehouse.current()


def test_what_does_not_fit_into_memory_goes_beside_the_clients_other_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    warehouse = Warehouse(tmp_path / "data" / "acme")
    with warehouse.burst() as session:
        session.run("SET memory_limit = '60MB'")
        session.run("CREATE TEMP TABLE much AS SELECT range AS n, md5(range::VARCHAR) AS text FROM range(3000000)")
        assert [path.name for path in (warehouse.folder / "spill").iterdir()]
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
