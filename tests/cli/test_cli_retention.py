"""`regulars retention` and `regulars cohorts` on a published snapshot."""

from __future__ import annotations

import csv
import io
import json

import pytest
from explain.test_explain_metric import golden
from metrics.shop import Shop
from regulars.config import Workspace
from regulars.warehouse import Warehouse


@pytest.fixture
def measured(agency, regulars):
    """The client acme with a tenth of the golden example, measured on 5 April 2026."""
    warehouse = Warehouse(Workspace(agency).client("acme").data_dir)
    with warehouse.burst() as session:
        shop = Shop(session)
        shop.set(window=90, zone="Europe/Vienna", currency="EUR")
        golden(shop)
        shop.build("2026-04-05")
    warehouse.publish()
    return lambda *args: regulars("-w", agency, *args)


def test_the_last_month_is_shown_unless_a_period_is_asked_for(measured) -> None:
    done = measured("retention", "acme")
    assert done.exit_code == 0
    assert done.stdout.startswith("Acme   retention, month 2026-03-01 to 2026-03-31   Europe/Vienna")
    assert "CRR = (E - N) / S x 100 = (105 - 20) / 100 x 100 = 85.0 %" in done.stdout
    year = measured("retention", "acme", "--period", "year").stdout
    assert "year 2025-01-01 to 2025-12-31" in year
    assert "this year    year before\n" in year


def test_a_span_of_ones_own_and_a_window_of_ones_own(measured) -> None:
    span = ("--from", "2026-03-05", "--to", "2026-03-14")
    done = measured("retention", "acme", *span, "--window", "30", "--json")
    data = json.loads(done.stdout)
    assert (data["period"], data["window_days"], data["now"]["starts_on"]) == (None, 30, "2026-03-05")
    assert data["before"]["ends_on"] == "2026-03-04"
    now = data["now"]
    assert now["S"] - now["L"] + now["N"] + now["R"] == now["E"]


def test_a_set_can_be_listed_and_has_the_size_that_is_printed(measured) -> None:
    assert len(measured("retention", "acme", "--set", "L").stdout.splitlines()) == 30
    data = json.loads(measured("retention", "acme", "--set", "R", "--json").stdout)
    assert data["customers"][:2] == ["back0", "back1"]


def test_cohorts_as_a_table_as_csv_and_as_json(measured) -> None:
    table = measured("cohorts", "acme").stdout
    assert "% of each month's new customers who ordered in the months after" in table
    rows = list(csv.DictReader(io.StringIO(measured("cohorts", "acme", "--cumulative", "--csv").stdout)))
    february = next(row for row in rows if row["first_order"] == "2026-02")
    assert (february["people"], february["month_1"], february["month_2"]) == ("70", "100.0000", "")
    data = json.loads(measured("cohorts", "acme", "--revenue", "--json").stdout)
    assert (data["client"], data["measure"], data["unit"]) == ("acme", "revenue", "minor units of EUR")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--from", "2026-01-01"), "Give --from and --to"),
        (("--from", "2026-03-01", "--to", "2026-04-06"), "the numbers end on 2026-04-05"),
        (("--from", "2026-03-02", "--to", "2026-03-01"), "before it starts"),
        (("--period", "week", "--from", "2026-03-01", "--to", "2026-03-02"), "is no period"),
        (("--window", "0"), "--window"),
    ],
)
def test_a_span_that_makes_no_sense_is_wrong_use(measured, args, message) -> None:
    done = measured("retention", "acme", *args)
    assert done.exit_code == 2
    assert message in done.stderr


def test_before_the_first_night_there_is_nothing_to_show(agency, regulars) -> None:
    for command in ("retention", "cohorts"):
        done = regulars("-w", agency, command, "acme")
        assert done.exit_code == 1
        assert "nothing was measured yet" in done.stderr
