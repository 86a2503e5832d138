"""A night remembers the model it fitted, and the next nights predict with it."""

import pytest
from regulars.clv import KIND
from regulars.run.desk import reading
from regulars.testing.sample import SAMPLE_END, sample_world
from regulars.warehouse import Warehouse
from stage import Stage

QUIET = "[clock]\norder_source_max_age = '900d'"


@pytest.fixture
def stage(tmp_path):
    with Stage(tmp_path / "ws", sample_world(40), SAMPLE_END, extra=QUIET) as stage:
        stage.forward(minutes=10)
        yield stage


def remembered(stage):
    with reading(stage.client()) as journal:
        return [fact.payload for fact in journal.facts(KIND)]


def predicted(stage):
    with Warehouse(stage.client().data_dir).published() as session:
        return session.query(
            "SELECT customer_id, clv_12m, clv_12m_low, clv_12m_high, p_active_90d, next_order_on, clv_model"
            " FROM catalogue WHERE clv_12m IS NOT NULL ORDER BY 1"
        )


def test_a_fit_is_remembered_once_and_a_rebuilt_warehouse_predicts_the_same(stage):
    stage.night()
    (first,), values = remembered(stage), predicted(stage)
    assert first["format"] == 1
    assert values
    assert {row[-1] for row in values} == {first["model"]}
    Warehouse(stage.client().data_dir).discard()
    stage.forward(hours=2)
    stage.night()
    assert remembered(stage) == [first]
    assert predicted(stage) == values
