"""Nights of a shop that holds half of the people out of expansion: the arms differ in the draw alone."""

from __future__ import annotations

import pytest
from regulars.run.desk import reading
from regulars.testing.sample import SAMPLE_END, sample_world
from regulars.warehouse import Warehouse
from stage import Stage

EXTRA = """
[clock]
order_source_max_age = "900d"
[holdout]
share = 0.5
[products]
assume_delivered = "5d"
add_ons = [{ needs = "sku:TEA-1", product = "sku:TEA-2" }]
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """Three nights: the first, the same day again, and five weeks later."""
    with Stage(tmp_path_factory.mktemp("arms") / "ws", sample_world(60), SAMPLE_END, ("shop",), EXTRA) as stage:
        file = stage.root / "clients" / "acme.toml"
        file.write_text(file.read_text().replace("use = [", "use = ['addon_ready', 'recommend_next', "))
        stage.nights = []
        for gap in ({"minutes": 10}, {"minutes": 10}, {"days": 35}):
            stage.forward(**gap)
            assert stage.night(write=False).state == "ok"
            stage.nights.append(facts(stage.client(), "offer"))
        yield stage


def facts(client, kind):
    with reading(client) as journal:
        return [(fact.subject, fact.payload) for fact in journal.facts(kind)]


def test_nobody_is_in_both_arms_and_everybody_could_have_been_written_to(stage):
    arms = [{who for who, fact in stage.nights[0] if fact["held_out"] is arm} for arm in (True, False)]
    assert all(len(arm) > 2 for arm in arms)
    assert not arms[0] & arms[1]
    with Warehouse(stage.client().data_dir).published() as session:
        asked = "email_consent = 'yes' AND email_deliverable = 'yes'"
        reached = {row[0] for row in session.query(f"SELECT customer_id FROM catalogue WHERE {asked}")}
    assert arms[0] <= reached


def test_who_stays_held_out_is_noted_once(stage):
    first, again, later = stage.nights
    assert first == again
    noted = [(who, fact["segment"]) for who, fact in later if fact["held_out"]]
    assert len(noted) == len(set(noted))
    moves = facts(stage.client(), "held_out")
    assert [(who, fact["segment"]) for who, fact in moves if fact["joined"]] == noted
