"""Kill -9 while reading and measuring, fifty times at seeded points: the warehouse ends as if nothing had been."""

import random

import pytest
from faults.killing import calls, finished, killed
from faults.workers import night
from regulars.config import open_workspace
from regulars.testing.sample import SAMPLE_END, sample_world
from regulars.warehouse import Warehouse
from regulars.warehouse.schema import TABLES
from stage import Stage

QUIET = "[clock]\norder_source_max_age = '200h'"
KILLS, STORIES = 50, 5
DERIVED = ("profile", "customer", "sale", "customer_value", "standing", "catalogue", "segment_member")


def contents(root):
    """Everything in the published snapshot but bookkeeping, in a comparable order."""
    with Warehouse(root / "data" / "acme").published() as session:
        raw = {t: session.query(f"SELECT * EXCLUDE (seq) FROM {t} ORDER BY ALL") for t in TABLES.values()}
        return raw | {t: session.query(f"SELECT * FROM {t} ORDER BY ALL") for t in DERIVED}


def keyed_alike(root, other):
    """Give a workspace the journal key of another: customer ids are keyed and must be comparable."""
    from regulars.journal import Journal

    client, theirs = open_workspace(root).client("acme"), open_workspace(other).client("acme")
    source = Journal.open(theirs.data_dir / "journal.db", theirs.clock)
    journal = Journal.open(client.data_dir / "journal.db", client.clock)
    with journal.lease() as lease, journal.tx(lease) as tx:
        tx.execute("UPDATE meta SET value = ? WHERE name = 'key'", (source.key,))
    source.close()
    journal.close()


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    root = tmp_path_factory.mktemp("reference") / "ws"
    with Stage(root, sample_world(40), SAMPLE_END, extra=QUIET) as stage:
        stage.forward(minutes=10)  # platforms do not show what was changed this very minute
        total = calls(night, stage.root)
    return root, total, contents(root)


@pytest.mark.parametrize("seed", range(STORIES))
def test_a_sync_killed_at_any_point_ends_as_if_it_had_not_been(seed, reference, tmp_path):
    reference_root, total, expected = reference
    dice = random.Random(seed)
    with Stage(tmp_path / "ws", sample_world(40), SAMPLE_END, extra=QUIET) as stage:
        stage.forward(minutes=10)
        keyed_alike(stage.root, reference_root)
        died = sum(killed(night, stage.root, at=dice.randrange(total)) for _ in range(KILLS // STORIES))
        finished(night, stage.root)
    assert died > 0
    found = contents(stage.root)
    assert {t: len(rows) for t, rows in found.items()} == {t: len(rows) for t, rows in expected.items()}
    assert found == expected
