"""The provider by files: what lies in the directories, and how strictly it is read."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from ecoa.handing import ROWS
from pydantic import ValidationError
from regulars import EcoaBatch, EcoaBounce, Money, PlatformError, RefusedError
from regulars_ecoa.file_provider import EcoaFile, check
from regulars_ecoa.file_settings import EcoaFileSettings
from regulars_ecoa.sandbox import Behaviour, EcoaFileSandbox
from regulars_ecoa.sandbox.matching import hashed

TESTS = Path(__file__).parent.parent
BATCH = EcoaBatch(ROWS, [hashed("kept.out@example.test")])


@pytest.fixture
def vendor(clock, tmp_path):
    vendor = EcoaFileSandbox(clock, seed=7, root=tmp_path)
    vendor.answers = {
        "ada@example.test": ("ada.new@example.test", "confirmed"),
        "bob@example.test": ("bob.new@example.test", "no_response"),
        "cyd@example.test": ("cyd.new@example.test", "opted_out"),
    }
    return vendor


@pytest.fixture
def connect(vendor):
    return lambda **changed: EcoaFile(EcoaFileSettings.model_validate({**vendor.credentials(), **changed}))


@pytest.fixture
def provider(connect):
    return connect()


def bought(provider, batch=BATCH, key="key-1"):
    return provider.submit(provider.quote(batch).quote_ref, batch, key)


@pytest.fixture
def done(provider, vendor, clock):
    """A job whose results lie in the inbox."""

    def wait():
        job = bought(provider)
        vendor.visit()
        clock.forward(timedelta(days=18))
        vendor.visit()
        return job

    return wait


def read(provider, job):
    return {row.record_key: row for page in provider.results(job.job_ref) for row in page.rows}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# --- outgoing -----------------------------------------------------------------------------------


def test_a_batch_leaves_as_a_table_with_a_suppression_file_beside_it(provider, tmp_path):
    job = bought(provider)
    assert names(tmp_path / "outbox") == [f"{job.job_ref}_suppress_1.txt", f"{job.job_ref}_toprocess_4.txt"]
    table = (tmp_path / "outbox" / f"{job.job_ref}_toprocess_4.txt").read_text()
    assert table.splitlines()[:2] == ["UNIQUE-ID\tEMAIL ADDRESS", "k-ada\tada@example.test"]
    listed = (tmp_path / "outbox" / f"{job.job_ref}_suppress_1.txt").read_text()
    assert listed.splitlines() == ["SHA256", hashed("kept.out@example.test")]


def test_only_its_owner_may_read_what_leaves(provider, tmp_path):
    bought(provider)
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "outbox").iterdir()} == {0}


def test_only_declared_fields_leave_under_the_providers_headings(connect, tmp_path):
    provider = connect(needs=["last_name"], columns={"last_name": "SURNAME"}, delimiter="comma", encoding="cp1252")
    rows = [type(ROWS[0])("k", "ada@example.test", {"last_name": 'Lo"ve, Zoë'})]
    job = bought(provider, EcoaBatch(rows))
    body = (tmp_path / "outbox" / f"{job.job_ref}_toprocess_1.txt").read_bytes()
    assert list(csv.reader(body.decode("cp1252").splitlines())) == [
        ["UNIQUE-ID", "EMAIL ADDRESS", "SURNAME"],
        ["k", "ada@example.test", 'Lo"ve, Zoë'],
    ]
    with pytest.raises(RefusedError, match="surplus fields country"):
        provider.quote(EcoaBatch([type(ROWS[0])("k", "a@example.test", {"last_name": "", "country": "US"})]))


def test_a_quote_is_the_contracts_price_for_every_record_and_never_above_its_cap(connect, tmp_path):
    assert connect().quote(BATCH).cost == Money.parse("0.60", "USD")
    assert connect(job_cap="0.50").quote(BATCH).cost == Money.parse("0.50", "USD")
    assert names(tmp_path / "outbox") == []


def test_a_quote_for_another_batch_is_refused(provider, tmp_path):
    ref = provider.quote(BATCH).quote_ref
    with pytest.raises(RefusedError, match="another batch"):
        provider.submit(ref, EcoaBatch(ROWS[:2]), "key-1")
    assert names(tmp_path / "outbox") == []


def test_the_same_key_is_the_same_file_also_after_the_provider_took_it(connect, vendor, tmp_path):
    first = bought(connect())
    assert bought(connect()).job_ref == first.job_ref
    vendor.visit()
    assert names(tmp_path / "outbox") == []
    assert bought(connect()) == connect().find("key-1")
    assert names(tmp_path / "outbox") == []
    assert [entry["what"] for entry in vendor.till] == ["purchase"]


def test_a_key_without_a_file_is_none(provider):
    assert provider.find("never-used") is None
    with pytest.raises(PlatformError, match="no such job"):
        provider.poll("bright-7-nothing")


@pytest.mark.parametrize("room", ["outbox", "inbox", "archive"])
def test_a_directory_that_is_not_mounted_is_never_made(provider, tmp_path, room):
    os.rename(tmp_path / room, tmp_path / "away")
    with pytest.raises(PlatformError, match="mounted"):
        bought(provider)
    with pytest.raises(PlatformError, match="mounted"):
        provider.find("key-1")
    assert not (tmp_path / room).exists()


def killed(vendor, step, number):
    """The exit code of a process that dies at its so-and-so-manieth touch of a file."""
    given = json.dumps(dict(vendor.credentials()))
    command = [sys.executable, str(TESTS / "ecoa" / "handing.py"), given, step, str(number)]
    environ = {**os.environ, "PYTHONPATH": str(TESTS)}
    return subprocess.run(command, env=environ, timeout=60, check=False).returncode


def test_killed_at_any_touch_of_a_file_one_batch_is_handed_over_whole(clock, tmp_path):
    for number in range(1, 60):
        root = tmp_path / str(number)
        root.mkdir()
        vendor = EcoaFileSandbox(clock, seed=7, root=root)
        code = killed(vendor, "submit", number)
        vendor.visit()  # the provider takes what it finds, at the worst moment
        provider = EcoaFile(EcoaFileSettings.model_validate(vendor.credentials()))
        found = provider.find("key-1")
        assert (found is not None) == bool(vendor.jobs), f"killed at touch {number}"
        bought(provider, EcoaBatch(ROWS, ["0" * 64]))
        vendor.visit()
        assert [entry["what"] for entry in vendor.till] == ["purchase"], f"killed at touch {number}"
        (job,) = vendor.jobs.values()
        assert (job["records"], vendor.lists[job["job_ref"]]) == (4, ["0" * 64])
        assert names(root / "outbox") == []
        if code == 0:
            break
    assert code == 0
    assert number > 10


# --- incoming -----------------------------------------------------------------------------------


def test_a_job_goes_from_the_outbox_over_the_provider_to_results(provider, vendor, clock):
    job = bought(provider)
    assert job.state == "queued"
    vendor.visit()
    assert provider.poll(job.job_ref).state == "matching"
    with pytest.raises(PlatformError, match="not ready"):
        list(provider.results(job.job_ref))
    clock.forward(timedelta(days=18))
    vendor.visit()
    ended = provider.poll(job.job_ref)
    assert (ended.state, ended.counts) == ("completed", {"input": 4, "delivered": 2})
    assert ended.charged == vendor.charged() == Money.parse("0.30", "USD")
    found = read(provider, job)
    assert {key: (r.new_email, r.code, r.permission) for key, r in found.items()} == {
        "k-ada": ("ada.new@example.test", "MATCHED", "confirmed"),
        "k-bob": ("bob.new@example.test", "MATCHED", "no_response"),
        "k-cyd": (None, "OPTED_OUT", "opted_out"),
        "k-dan": (None, "NO_MATCH", "not_sent"),
    }
    assert found["k-ada"].old_email == "ada@example.test"
    assert found["k-ada"].permission_at.isoformat() == "2026-03-18T12:48:00+00:00"


def test_the_cap_of_the_contract_is_kept_in_what_was_charged(connect, vendor, clock, done):
    job = done()
    assert connect(job_cap="0.20").poll(job.job_ref).charged == Money.parse("0.20", "USD")


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_quoted_tabs_and_either_encoding_are_read(provider, vendor, done, encoding):
    vendor.encoding, vendor.quoted_tabs = encoding, True
    assert "a\tb – café" in read(provider, done())["k-ada"].flags  # noqa: RUF001


def test_lines_that_cannot_be_read_are_named_and_kept_aside(provider, vendor, tmp_path, done):
    vendor.spoilt = 2
    job = done()
    (page,) = provider.results(job.job_ref)
    assert [(one.record_key, one.where) for one in page.unreadable] == [
        ("", f"{job.job_ref}_results_6.txt, line 6"),
        ("", f"{job.job_ref}_results_6.txt, line 7"),
    ]
    assert page.unreadable[0].reason.startswith("cannot be read (")
    assert len(page.rows) == 4
    kept = (tmp_path / "archive" / f"{job.job_ref}_results_6.txt.aside").read_text()
    assert "line 6: cannot be read" in kept
    assert '"never closed 0' in kept
    assert ("warning", "rows") in {(f.level, f.about) for f in check(provider._settings).findings}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("k-x\tx@example.test\tMATCHED", "3 fields, the header has 4"),
        ("k-x\tx@example.test\tMATCHED\tn@example.test\tmore", "5 fields, the header has 4"),
        ("\tx@example.test\tMATCHED\tn@example.test", "no record key"),
    ],
)
def test_a_line_that_is_no_row_is_told_and_the_next_is_read(provider, vendor, tmp_path, line, reason):
    job = bought(provider)
    put(tmp_path, job, [line, "k-ada\tada@example.test\tMATCHED\tada.new@example.test"])
    (page,) = provider.results(job.job_ref)
    assert [(one.reason, one.where.endswith("line 2")) for one in page.unreadable] == [(reason, True)]
    assert [row.record_key for row in page.rows] == ["k-ada"]


def put(root, job, lines, *, header="UNIQUE-ID\tEMAIL ADDRESS\tCODE\tNEWEMAIL", count=None, kind="results"):
    name = f"{job.job_ref}_{kind}_{len(lines) if count is None else count}.txt"
    (root / "inbox" / name).write_text("\n".join([header, *lines]) + "\n")


def test_a_wrong_header_is_refused_with_its_file_and_column(provider, vendor, done):
    vendor.wrong_header = True
    job = done()
    with pytest.raises(PlatformError, match=r"_results_4\.txt, line 1: wrong header: no column 'UNIQUE-ID'"):
        provider.poll(job.job_ref)
    with pytest.raises(PlatformError, match="wrong header"):
        list(provider.results(job.job_ref))


def test_a_column_twice_is_a_wrong_header(provider, vendor, tmp_path):
    job = bought(provider)
    put(tmp_path, job, ["k\ta\tMATCHED\tb"], header="UNIQUE-ID\tCODE\tCODE\tNEWEMAIL")
    with pytest.raises(PlatformError, match="2 column 'CODE'"):
        provider.poll(job.job_ref)


def test_half_a_file_is_not_read(provider, vendor, done):
    vendor.cut = True
    job = done()
    with pytest.raises(PlatformError, match=r"rows, its name says 4.*arrived whole"):
        provider.poll(job.job_ref)
    with pytest.raises(PlatformError, match="its name says 4"):
        list(provider.results(job.job_ref))


def test_a_name_without_a_count_is_refused(provider, tmp_path):
    job = bought(provider)
    (tmp_path / "inbox" / f"{job.job_ref}_results_all.txt").write_text("x")
    with pytest.raises(PlatformError, match="tells no number of rows"):
        provider.poll(job.job_ref)


def test_a_partial_file_gives_way_to_the_whole_one(provider, vendor, clock):
    vendor.behaviour.partial = 0.5
    job = bought(provider)
    vendor.visit()
    clock.forward(timedelta(days=10))
    vendor.visit()
    assert provider.poll(job.job_ref).state == "partial"
    assert {row.permission for row in read(provider, job).values()} <= {"sent", "not_sent", "opted_out"}
    clock.forward(timedelta(days=10))
    vendor.visit()
    assert provider.poll(job.job_ref).state == "completed"
    assert len(read(provider, job)) == 4


def test_several_result_files_are_read_together_and_from_any_row_on(provider, tmp_path):
    job = bought(provider)
    line = "k-{0}\t{0}@example.test\tMATCHED\t{0}.new@example.test"
    put(tmp_path, job, [line.format(n) for n in range(1500)])
    put(tmp_path, job, [line.format(n) for n in range(1500, 1510)])
    pages = list(provider.results(job.job_ref))
    assert sorted(len(page.rows) for page in pages) == [10, 500, 1000]
    assert len({row.record_key for page in pages for row in page.rows}) == 1510
    for number, page in enumerate(pages[:-1]):
        rest = list(provider.results(job.job_ref, page.cursor))
        assert [p.rows for p in rest] == [p.rows for p in pages[number + 1 :]]
    assert pages[-1].cursor is None


def test_dates_are_read_as_the_contract_writes_them(connect, tmp_path):
    provider = connect(
        date_format="%m/%d/%Y", timezone="America/New_York", words={"permissions": {"Y": "confirmed"}}
    )
    job = bought(provider)
    header = "UNIQUE-ID\tCODE\tNEWEMAIL\tPERMISSION\tPERMISSION DATE"
    put(
        tmp_path,
        job,
        ["k-ada\tMATCHED\ta@example.test\ty\t03/18/2026", "k-bob\tMATCHED\tb@example.test\ty\t2026-03-18"],
        header=header,
    )
    (page,) = provider.results(job.job_ref)
    assert page.rows[0].permission_at.isoformat() == "2026-03-18T00:00:00-04:00"
    assert [(one.record_key, one.reason) for one in page.unreadable] == [("k-bob", "a date that is none")]


def test_a_batch_the_provider_cannot_use_is_failed(connect, vendor):
    provider = connect(columns={"record_key": "ID"})
    job = bought(provider)
    vendor.visit()
    assert provider.poll(job.job_ref).state == "failed"
    assert vendor.till == [{"job_ref": job.job_ref, "what": "unusable file", "minor": 15}]


# --- credit, erasure, cancelling --------------------------------------------------------------


def test_bounces_are_claimed_by_one_file_and_credited_when_the_provider_answers(provider, vendor, tmp_path, done):
    vendor.behaviour = Behaviour(wrong={"dan@example.test": "bounces"})
    job = done()
    bounces = [
        EcoaBounce("k-dan", "gone.again.dan@example.test", vendor.clock.now()),
        EcoaBounce("k-ada", "ada.new@example.test", vendor.clock.now()),
    ]
    for _ in range(2):
        credit = provider.return_bounces(job.job_ref, bounces)
        assert (credit.granted, credit.waiting) == (Money.parse("0", "USD"), 2)
    assert len(names(tmp_path / "outbox")) == 1
    vendor.visit()
    credit = provider.return_bounces(job.job_ref, bounces)
    assert (credit.granted, credit.waiting) == (Money.parse("0.15", "USD"), 0)
    assert [(one.record_key, one.reason) for one in credit.refused] == [("k-ada", "it delivers")]
    assert credit.by_record == {"k-dan": credit.granted}
    assert names(tmp_path / "outbox") == []
    assert provider.poll(job.job_ref).charged == vendor.charged()


def test_erased_records_are_blanked_where_they_lie_and_named_to_the_provider(provider, vendor, tmp_path, done):
    job = done()
    provider.erase(["k-ada"])
    vendor.visit()
    assert vendor.erased == ["k-ada"]
    for folder in ("inbox", "outbox", "archive"):
        for path in (tmp_path / folder).iterdir():
            assert b"ada" not in path.read_bytes().replace(b"k-ada", b""), path.name
    found = read(provider, job)
    assert (found["k-ada"].new_email, found["k-bob"].new_email) == (None, "bob.new@example.test")


def test_killed_while_erasing_the_rest_is_erased_by_the_next_call(provider, vendor, tmp_path, done):
    job = done()
    for number in range(1, 30):
        if killed(vendor, "erase", number) == 0:
            break
        assert len(read(provider, job)) == 4
    assert number > 3
    found = read(provider, job)
    assert found["k-ada"].new_email is found["k-bob"].new_email is None
    vendor.visit()
    assert vendor.erased == ["k-ada", "k-bob"]


def test_a_batch_that_still_lies_there_can_be_taken_back(connect, vendor, tmp_path):
    provider = connect()
    job = bought(provider)
    assert provider.cancel(job.job_ref).state == "cancelled"
    vendor.visit()
    assert vendor.jobs == {}
    assert provider.find("key-1").state == "cancelled"


def test_a_batch_the_provider_has_taken_goes_on(provider, vendor):
    job = bought(provider)
    vendor.visit()
    assert provider.cancel(job.job_ref).state == "matching"


# --- settings, check, the simulated provider ---------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"outbox": "outbox"},
        {"inbox": "/same", "outbox": "/same"},
        {"account": "a/b"},
        {"account": "with_underscore"},
        {"needs": ["old_email"]},
        {"needs": ["shoe_size"]},
        {"columns": {"shoe_size": "SIZE"}},
        {"names": {"results": "results_*.txt"}},
        {"names": {"surprise": "{job}"}},
        {"unit_price": "0"},
        {"unit_price": "0.001"},
        {"timezone": "Mars/North"},
        {"min_records": 9, "max_records": 3},
        {"surprise": 1},
    ],
)
def test_settings_that_make_no_sense_are_refused(vendor, wrong):
    with pytest.raises(ValidationError):
        EcoaFileSettings.model_validate({**vendor.credentials(), **wrong})


def test_check_says_what_waits_and_needs_nobody(provider):
    bought(provider)
    report = check(provider._settings)
    assert report.account_id == "bright-7"
    assert ("directories", "1 batches wait to be taken") in {(f.about, f.text) for f in report.findings}


def test_the_sandbox_remembers_its_files(clock, vendor, provider, tmp_path):
    job = bought(provider)
    other = EcoaFileSandbox(clock, seed=7)
    vendor.save(tmp_path / "vendor.json")
    other.load(tmp_path / "vendor.json")
    again = EcoaFile(EcoaFileSettings.model_validate(other.credentials()))
    assert again.poll(job.job_ref).state == "matching"
    assert list(other.jobs) == [job.job_ref]


def test_the_simulated_provider_bills_a_batch_it_finds_twice(provider, vendor, tmp_path):
    job = bought(provider)
    path = tmp_path / "outbox" / f"{job.job_ref}_toprocess_4.txt"
    body = path.read_bytes()
    vendor.visit()
    path.write_bytes(body)
    vendor.visit()
    assert [entry["what"] for entry in vendor.till] == ["purchase", "purchase"]


def test_a_process_that_is_killed_is_really_killed(vendor):
    assert killed(vendor, "submit", 1) == -signal.SIGKILL
