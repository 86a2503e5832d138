"""The same money and the same people by files: bought once, read whole, credited, erased."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from reactivation.bench import NOW, Shop, add, consent_was_read, row, usd
from reactivation.test_reactivation_cli import AGENCY, CLIENT
from regulars import SimulatedClock, UnknownOutcomeError
from regulars.cli import root
from regulars.journal import Journal
from regulars.reactivation import advance, candidates, jobs, month, quote, submit
from regulars.warehouse import Warehouse
from regulars_ecoa.file_provider import EcoaFile
from regulars_ecoa.file_settings import EcoaFileSettings
from regulars_ecoa.sandbox import EcoaFileSandbox


@pytest.fixture
def vendor(clock, tmp_path):
    place = tmp_path / "vendor"
    place.mkdir()
    vendor = EcoaFileSandbox(clock, seed=7, root=place)
    vendor.answers = {"ada@example.test": ("ada.new@example.test", "confirmed")}
    vendor.behaviour.wrong = {"dan@example.test": "bounces"}
    return vendor


@pytest.fixture
def by_file(vendor, shop):
    with shop.warehouse.burst() as session:
        for name in ("ada", "bob", "cyd", "dan"):
            add(session, name)
    return EcoaFile(EcoaFileSettings.model_validate(vendor.credentials()))


class Broken(EcoaFile):
    """The batch is handed over, and then the machine goes down."""

    def submit(self, quote_ref, batch, key):
        super().submit(quote_ref, batch, key)
        raise UnknownOutcomeError("the machine went down", where="ecoa")


def spent(desk):
    return month(desk.config, desk.journal, desk.now()).spent


def test_from_quote_to_credit_by_files(desk, lease, by_file, vendor, shop, clock):
    job, _ = quote(desk, lease, by_file)
    assert (job.cost, spent(desk)) == (usd("0.60"), usd("0"))
    submit(desk, lease, by_file, job.quote_ref, "renee")
    assert spent(desk) == usd("0.60")
    vendor.visit()
    clock.forward(timedelta(days=18))
    vendor.visit()
    assert advance(desk, lease, by_file).settled == [job.id]
    assert spent(desk) == usd("0.30")
    states = {one.customer_id: one.state for one in candidates(desk.journal)}
    assert states == {"c-ada": "confirmed", "c-bob": "no_match", "c-cyd": "no_match", "c-dan": "confirmed"}
    with shop.warehouse.burst() as session:
        bounced = {"email": "gone.again.dan@example.test", "kind": "hard", "deleted": False}
        row(session, "bounces", connection="mail", id="b", **bounced)
    advance(desk, lease, by_file)
    assert spent(desk) == usd("0.30")  # claimed, not yet decided
    vendor.visit()
    advance(desk, lease, by_file)
    assert spent(desk) == vendor.charged() == usd("0.15")
    assert jobs(desk.journal)[job.id].credited == usd("0.15")


def test_a_partial_file_settles_nothing(desk, lease, by_file, vendor, clock):
    vendor.behaviour.partial = 1.0
    job, _ = quote(desk, lease, by_file)
    submit(desk, lease, by_file, job.quote_ref, "renee")
    vendor.visit()
    clock.forward(timedelta(days=10))
    vendor.visit()
    assert by_file.poll(jobs(desk.journal)[job.id].job_ref).state == "partial"
    early = advance(desk, lease, by_file)
    assert (early.settled, early.waiting) == ([], [job.id])
    assert spent(desk) == usd("0.60")  # as it was reserved
    clock.forward(timedelta(days=10))
    vendor.visit()
    assert advance(desk, lease, by_file).settled == [job.id]
    assert {one.customer_id: one.state for one in candidates(desk.journal)}["c-ada"] == "confirmed"
    assert spent(desk) == vendor.charged() == usd("0.30")


def test_nothing_of_ours_but_key_and_address_is_in_any_file(desk, lease, by_file, vendor):
    job, _ = quote(desk, lease, by_file)
    submit(desk, lease, by_file, job.quote_ref, "renee")
    files = [path.read_text() for path in (vendor.root / "outbox").iterdir()]
    assert len(files) == 2
    for text in files:
        assert not any(name in text for name in ("c-ada", "c-bob", "Ada", "Bright Paw", job.id, job.quote_ref))
    (table,) = (text for text in files if "EMAIL ADDRESS" in text)
    assert {len(line.split("\t")) for line in table.splitlines()} == {2}
    assert all(len(line.split("\t")[0]) == 32 for line in table.splitlines()[1:])


@pytest.mark.parametrize("taken", [False, True])
def test_a_machine_that_goes_down_after_the_hand_over_pays_once(desk, lease, by_file, vendor, clock, taken):
    job, _ = quote(desk, lease, by_file)
    with pytest.raises(UnknownOutcomeError):
        submit(desk, lease, Broken(by_file._settings), job.quote_ref, "renee")
    assert (desk.job_by_id(job.id).state, spent(desk)) == ("reserved", usd("0.60"))
    if taken:
        vendor.visit()
    assert submit(desk, lease, by_file, job.quote_ref, "renee").state == "submitted"
    vendor.visit()
    assert [entry["what"] for entry in vendor.till] == ["purchase"]


def test_results_that_are_not_whole_are_told_and_read_the_next_night(desk, lease, by_file, vendor, clock):
    job, _ = quote(desk, lease, by_file)
    submit(desk, lease, by_file, job.quote_ref, "renee")
    vendor.visit()
    clock.forward(timedelta(days=18))
    vendor.visit()
    (file,) = (vendor.root / "inbox").iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert "its name says 4" in advance(desk, lease, by_file).faults[job.id]
    assert candidates(desk.journal) == []
    file.write_bytes(whole)
    assert advance(desk, lease, by_file).settled == [job.id]


def test_the_commands_work_with_files_and_the_sandbox_keeps_its_state(tmp_path):
    (tmp_path / "clients").mkdir()
    (tmp_path / "regulars.toml").write_text(AGENCY)
    text = CLIENT.replace('"ecoa_http"', '"ecoa_file"').replace('"ecoa-0"', '"bright-0"')
    (tmp_path / "clients" / "brightpaw.toml").write_text(text)
    clock = SimulatedClock(NOW, tmp_path / "clock")
    vendor = EcoaFileSandbox(clock, seed=0)
    vendor.answers = {"ada@example.test": ("ada.new@example.test", "confirmed")}
    vendor.save(tmp_path / "moved.json")
    shop = Shop(Warehouse(tmp_path / "data" / "brightpaw"))
    shop.add("ada")
    shop.warehouse.publish()
    journal = Journal.open(tmp_path / "data" / "brightpaw" / "journal.db", clock)
    with journal.lease("test") as lease:
        consent_was_read(journal, lease)
    journal.close()

    def regulars(*args):
        done = CliRunner().invoke(root, ["-w", str(tmp_path), "--json", "--quiet", *args])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    ref = regulars("ecoa", "quote", "brightpaw")["quote"]
    regulars("ecoa", "submit", "brightpaw", ref, "--yes-i-approve", ref)
    regulars("ecoa", "submit", "brightpaw", ref, "--yes-i-approve", ref)
    later = EcoaFileSandbox(SimulatedClock(path=tmp_path / "clock"), seed=0)
    later.load(tmp_path / "moved.json")
    later.visit()
    assert [entry["what"] for entry in later.till] == ["purchase"]
