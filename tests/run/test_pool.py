"""Parameters of an agency's shops help its small ones, where both agreed and the shops are enough."""

import json
from datetime import date

import pytest
from regulars.clv import KIND, Fitted
from regulars.clv.fitted import Part
from regulars.config import Workspace
from regulars.journal import Journal
from regulars.run.pool import pool_of

CLIENT = """schema = 1
id = "{id}"
name = "{id}"
timezone = "Europe/London"
currency = "GBP"
[clv]
pool = {pool}
"""
SQUARE = ((0.01, 0.0, 0.0, 0.0), (0.0, 0.01, 0.0, 0.0), (0.0, 0.0, 0.01, 0.0), (0.0, 0.0, 0.0, 0.01))


def fitted(alpha, step="weak"):
    buying = Part(("r", "alpha", "a", "b"), (0.5, alpha, 0.8, 2.0), SQUARE, (), -1.0, "generic", (1, 1, 1, 1), 1.0)
    spend = Part(
        ("p", "q", "v"), (6.0, 4.0, 1500.0), tuple(row[:3] for row in SQUARE[:3]), (), -1.0, "", (1, 1, 1), 1.0
    )
    return Fitted(
        fitted_on=date(2026, 1, 1), asked="auto", model="mbg_nbd", why="", step=step, buying=buying, spend=spend,
        customers=900, repeaters=400, mean_age=200.0, typical=3000.0, median=2500.0, spread=None,
        flags=(), notes=(), trials=(),
    )  # fmt: skip


@pytest.fixture
def agency(tmp_path):
    Workspace.create(tmp_path, "Harbour Lane", "Europe/London")
    (tmp_path / "clients").mkdir(exist_ok=True)

    def add(name, model=None, pool="true"):
        (tmp_path / "clients" / f"{name}.toml").write_text(CLIENT.format(id=name, pool=pool))
        client = Workspace(tmp_path).client(name)
        if model is not None:
            journal = Journal.open(client.data_dir / "journal.db", client.clock)
            with journal.lease() as lease, journal.tx(lease) as tx:
                journal.add_facts(tx, KIND, [("shop", json.loads(json.dumps(model.payload())))])
            journal.close()
        return client

    return add


def test_three_shops_that_agreed_make_a_pool_and_the_asking_one_is_none_of_them(agency):
    for n, name in enumerate(("one", "two", "three")):
        agency(name, fitted(50.0 * 2**n))
    found = pool_of(agency("small", fitted(9000.0)))
    assert found.shops == 3
    assert found.buying["mbg_nbd"][1] == pytest.approx(-0.693147, abs=1e-5), "the middle one: 100 days of 200"


@pytest.mark.parametrize(
    ("third", "pool"), [(fitted(50.0), "false"), (fitted(50.0, "prior"), "true"), (None, "true")]
)
def test_who_did_not_agree_or_has_no_model_of_their_own_gives_nothing(agency, third, pool):
    agency("one", fitted(50.0))
    agency("two", fitted(50.0))
    agency("three", third, pool)
    assert pool_of(agency("small")) is None


def test_a_client_that_did_not_agree_takes_nothing_either(agency):
    for name in ("one", "two", "three"):
        agency(name, fitted(50.0))
    assert pool_of(agency("small", pool="false")) is None


def test_a_client_with_a_wrong_file_stops_nobody(agency, tmp_path):
    for name in ("one", "two", "three", "four"):
        agency(name, fitted(50.0))
    (tmp_path / "clients" / "four.toml").write_text("schema = 1\nid = 7")
    assert pool_of(agency("small")).shops == 3
