"""Reading: a cursor never passes what is not stored, whole passes find what is gone, nights are compared."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from regulars.clock import SimulatedClock
from regulars.connector import Page, Rejected
from regulars.errors import PlatformError, PluginError
from regulars.journal import Journal, runs
from regulars.sync import (
    Landing,
    check_freshness,
    check_volume,
    cursors,
    drop_old_segments,
    merge_pending,
    read_stream,
    roll_back,
)
from regulars.warehouse import Warehouse

NOW = datetime(2026, 11, 21, 2, 15, tzinfo=UTC)


def person(record_id, at=NOW):
    return {
        "id": record_id, "updated_at": at, "created_at": at, "email": f"p{record_id}@example.test",
        "other_emails": [], "phone": None, "first_name": None, "last_name": None, "country": None,
        "company": None, "tags": [],
        "held": "{}", "lists": None, "custom": "{}",
    }  # fmt: skip


class Pages:
    """A source that yields what it is told, and may break."""

    def __init__(self, *pages, breaks_after=None):
        self.list, self.breaks_after, self.seen = pages, breaks_after, []

    def streams(self):
        return ("people",)

    def pages(self, stream, cursor):
        self.seen.append(cursor)
        start = int(cursor or 0)
        for number, page in enumerate(self.list[start:], start=start):
            if number == self.breaks_after:
                raise PlatformError("cut off")
            yield page


@pytest.fixture
def landing(tmp_path):
    clock = SimulatedClock(NOW)
    journal = Journal.open(tmp_path / "journal.db", clock)
    lease = journal.lease()
    run = runs.start(journal, lease, "night")
    yield Landing(journal, lease, run.id, Warehouse(tmp_path))
    journal.close()


def people(landing):
    merge_pending(landing.journal, landing.lease, landing.warehouse)
    with landing.warehouse.burst() as session:
        return [row[0] for row in session.query("SELECT id FROM persons WHERE NOT deleted ORDER BY id")]


def test_pages_are_stored_with_their_cursor_and_merged(landing):
    source = Pages(Page({"person": [person("1")]}, "1"), Page({"person": [person("2")]}, "2"))
    count = read_stream(landing, "crm", "people", source)
    assert (count.rows, count.rejected) == (2, 0)
    assert cursors(landing.journal) == {"crm/people": "2"}
    assert people(landing) == ["1", "2"]


def test_a_fault_between_pages_keeps_the_cursor_before_what_is_not_stored(landing, monkeypatch):
    pages = [Page({"person": [person(str(i))]}, str(i + 1)) for i in range(4)]
    broken = Pages(*pages, breaks_after=2)
    with pytest.raises(PlatformError):
        read_stream(landing, "crm", "people", broken)
    stored = cursors(landing.journal).get("crm/people")
    assert stored in (None, "2")
    read_stream(landing, "crm", "people", Pages(*pages))
    assert people(landing) == ["0", "1", "2", "3"]


def test_many_rows_are_committed_on_the_way(landing):
    big = [Page({"person": [person(f"{p}-{i}") for i in range(9000)]}, str(p + 1)) for p in range(4)]
    with pytest.raises(PlatformError):
        read_stream(landing, "crm", "people", Pages(*big, breaks_after=3))
    assert cursors(landing.journal) == {"crm/people": "3"}


def test_rejected_records_are_kept_aside_with_their_reason(landing):
    page = Page({"person": [person("1")]}, "1", [Rejected("person", "9", "email: not a text")])
    assert read_stream(landing, "crm", "people", Pages(page)).rejected == 1
    assert landing.journal.rows("SELECT connection, kind, record_id, reason FROM quarantine") == [
        ("crm", "person", "9", "email: not a text")
    ]
    assert people(landing) == ["1"]


def test_an_unknown_record_kind_is_the_plugins_fault(landing):
    with pytest.raises(PluginError, match="unknown kind 'human'"):
        read_stream(landing, "crm", "people", Pages(Page({"human": [{}]}, "1")))


def full_pass(*ids):
    return Pages(
        *(Page({"person": [person(i)]}, None, begins=n == 0) for n, i in enumerate(ids)),
        Page({}, None, begins=not ids, complete=("person",)),
    )


def test_what_a_whole_pass_does_not_see_is_gone(landing):
    read_stream(landing, "crm", "people", full_pass("1", "2", "3"))
    assert people(landing) == ["1", "2", "3"]
    read_stream(landing, "crm", "people", full_pass("1", "3"))
    assert people(landing) == ["1", "3"]
    read_stream(landing, "crm", "people", full_pass("1", "2", "3"))
    assert people(landing) == ["1", "2", "3"]


def test_a_pass_that_breaks_marks_nothing_as_gone(landing):
    read_stream(landing, "crm", "people", full_pass("1", "2", "3"))
    assert people(landing) == ["1", "2", "3"]
    half = Pages(Page({"person": [person("1")]}, None, begins=True), breaks_after=1)
    half.list = (*half.list, Page({}, None, complete=("person",)))
    with pytest.raises(PlatformError):
        read_stream(landing, "crm", "people", half)
    assert people(landing) == ["1", "2", "3"]


def test_a_pass_is_done_only_once_those_who_are_gone_are_marked(landing, monkeypatch):
    read_stream(landing, "crm", "people", full_pass("1", "2"))
    assert people(landing) == ["1", "2"]
    first = Page({"person": [person("1")]}, "1", begins=True)
    end = Page({}, "2", complete=("person",))

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("regulars.sync.merge.gone", killed)
        with pytest.raises(KeyboardInterrupt):
            read_stream(landing, "crm", "people", Pages(first, end))
    assert cursors(landing.journal) == {"crm/people": "1"}
    assert people(landing) == ["1", "2"]
    read_stream(landing, "crm", "people", Pages(first, end))
    assert cursors(landing.journal) == {"crm/people": "2"}
    assert people(landing) == ["1"]


def test_cursors_can_be_put_back_to_where_a_run_found_them(landing):
    before = cursors(landing.journal)
    read_stream(landing, "crm", "people", Pages(Page({"person": [person("1")]}, "1")))
    roll_back(landing.journal, landing.lease, before)
    assert cursors(landing.journal) == {"crm/people": None}


def test_a_lost_warehouse_is_made_again_from_its_segments(landing):
    read_stream(landing, "crm", "people", Pages(Page({"person": [person("1"), person("2")]}, "1")))
    assert people(landing) == ["1", "2"]
    landing.warehouse.discard()
    assert people(landing) == ["1", "2"]


def test_a_journal_put_back_from_a_backup_still_learns_who_is_gone(landing, tmp_path):
    def read(landing, kind, row, cursor):
        read_stream(landing, "crm", "people", Pages(*[Page({}, "0")] * int(cursor), Page({kind: [row]}, cursor)))

    read(landing, "person", person("1"), "1")
    assert people(landing) == ["1"]
    landing.journal.copy_until(tmp_path / "backup.db", NOW + timedelta(days=1))
    for n in range(2, 6):
        read(landing, "person", person(str(n)), str(n))
    assert people(landing) == ["1", "2", "3", "4", "5"]
    landing.journal.close()
    for file in tmp_path.glob("journal.db*"):
        file.unlink()
    (tmp_path / "backup.db").rename(tmp_path / "journal.db")
    journal = Journal.open(tmp_path / "journal.db", SimulatedClock(NOW))
    again = Landing(journal, journal.lease(), landing.run_id, Warehouse(tmp_path))
    merge_pending(again.journal, again.lease, again.warehouse)
    read(again, "deletion", {"id": "5", "updated_at": NOW + timedelta(days=1), "entity": "person"}, "2")
    assert people(again) == ["1"], "whom the backup does not know is read again, or gone"
    journal.close()


def test_a_journal_alone_is_enough_to_read_everything_anew(landing):
    source = Pages(Page({"person": [person("1")]}, "1"))
    read_stream(landing, "crm", "people", source)
    assert people(landing) == ["1"]
    shutil.rmtree(landing.warehouse.folder / "segments")
    landing.warehouse.discard()
    assert people(landing) == []
    assert cursors(landing.journal) == {"crm/people": None}
    read_stream(landing, "crm", "people", source)
    assert people(landing) == ["1"]


def test_old_segments_are_dropped_and_then_a_lost_warehouse_is_read_anew(landing):
    source = Pages(Page({"person": [person("1")]}, "1"))
    read_stream(landing, "crm", "people", source)
    assert people(landing) == ["1"]
    landing.journal.clock.sleep(31 * 86400)
    assert drop_old_segments(landing.journal, landing.lease, landing.warehouse, timedelta(days=30)) == 1
    assert not list((landing.warehouse.folder / "segments").rglob("*.parquet"))
    assert people(landing) == ["1"]
    landing.warehouse.discard()
    assert people(landing) == []
    assert cursors(landing.journal) == {"crm/people": None}
    read_stream(landing, "crm", "people", source)
    assert people(landing) == ["1"]


def night(landing, rows, backfill=False):
    run = runs.start(landing.journal, landing.lease, "night")
    with landing.journal.tx(landing.lease) as tx:
        tx.execute(
            "INSERT INTO count VALUES (?, 'shop', 'orders', 'order', ?, ?, ?)",
            (run.id, rows, backfill, landing.journal.clock.now().isoformat()),
        )
    found = check_volume(landing.journal, run.id, 80)
    runs.finish(landing.journal, landing.lease, run, "blocked" if found else "ok", {})
    return found


def test_a_night_far_below_the_usual_is_an_anomaly(landing):
    for rows in (44, 51, 46, 39, 48):
        assert night(landing, rows) == []
    (found,) = night(landing, 3)
    assert found.about == "shop.orders"
    assert found.text == "read 3, usual night 46 (5-run median), floor 80 %"


def test_a_second_run_on_the_same_day_is_not_compared_with_a_whole_one(landing):
    for rows in (44, 51, 46, 39, 48):
        assert night(landing, rows) == []
        landing.journal.clock.sleep(86400)
    assert night(landing, 46) == []
    landing.journal.clock.sleep(600)
    assert night(landing, 0) == []
    landing.journal.clock.sleep(86400)
    assert [a.about for a in night(landing, 3)] == ["shop.orders"]


def test_the_first_read_does_not_say_what_is_usual(landing):
    assert night(landing, 90_000, backfill=True) == []
    for rows in (44, 51, 46, 39):
        assert night(landing, rows) == []


def people_night(landing, rows, ours=()):
    landing.journal.clock.sleep(3600)
    run = runs.start(landing.journal, landing.lease, "night")
    with landing.journal.tx(landing.lease) as tx:
        tx.execute("INSERT INTO count VALUES (?, 'crm', 'contacts', 'person', ?, 0, ?)", (run.id, rows, ""))
    found = check_volume(landing.journal, run.id, 80)
    runs.finish(landing.journal, landing.lease, run, "ok", {})
    landing.journal.clock.sleep(60)
    with landing.journal.tx(landing.lease) as tx:
        tx.executemany(
            "INSERT INTO ledger (plan_id, run_id, connection, record_id, kind, field, state, attempt, at)"
            " VALUES ('p', 'r', 'crm', ?, 'set', 'f', 'confirmed', 1, ?)",
            [(str(n), landing.journal.clock.now().isoformat()) for n in ours],
        )
    return found


def test_people_whom_our_own_writes_touched_do_not_make_a_usual_night(landing):
    for _ in range(5):
        assert people_night(landing, 1020, ours=range(1000)) == []
    assert people_night(landing, 18) == []
    assert [a.about for a in people_night(landing, 0)] == ["crm.contacts"]


def test_a_quiet_night_of_a_small_shop_is_none(landing):
    for rows in (4, 6, 5, 3):
        assert night(landing, rows) == []
    assert night(landing, 1) == []


def test_the_newest_order_tells_quiet_from_dead(landing):
    order = {
        "id": "1", "updated_at": NOW, "number": "1", "ordered_at": NOW - timedelta(hours=30), "person_id": None,
        "email": None, "company_id": None, "currency": "EUR", "goods_minor": 1, "goods_tax_minor": 0,
        "discount_minor": 0, "shipping_minor": 0, "tax_minor": 0, "total_minor": 1, "presentment_currency": None,
        "presentment_total_minor": None, "test": False, "cancelled_at": None, "status": None, "country": None,
        "source": None, "tags": [],
    }  # fmt: skip
    read_stream(landing, "shop", "people", Pages(Page({"order": [order]}, "1")))
    merge_pending(landing.journal, landing.lease, landing.warehouse)
    with landing.warehouse.burst() as session:
        (found,) = check_freshness(session, NOW, timedelta(hours=26))
        assert found.text == "the newest order is 30 h old, limit 26 h"
        assert check_freshness(session, NOW, timedelta(hours=31)) == []
