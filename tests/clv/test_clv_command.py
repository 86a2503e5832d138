"""`regulars clv`, and explaining a predicted value, on a published snapshot."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from clv.test_clv_night import AS_OF, by_the_book, fact, populate, spent
from lifecycle.nights import Nights
from measured import Measured
from metrics.shop import Shop
from regulars.clv import Fitted


def predicted(place: Path, people: int) -> tuple[Measured, Fitted | None]:
    models = []

    def fill(shop: Shop) -> None:
        if people:
            populate(shop, people)
        Nights(shop).today(AS_OF)
        models.append(shop.predict(AS_OF))

    return Measured(place, fill), models[0]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Callable[..., Result], Fitted]:
    acme, model = predicted(tmp_path_factory.mktemp("clv") / "ws", 150)
    assert model is not None
    return acme.run, model


def test_the_model_is_told_with_its_back_test_and_the_total(told) -> None:
    ask, model = told
    shown = ask("clv", "acme")
    assert shown.exit_code == 0
    assert f"why       {model.why}" in shown.stdout
    assert "next 12 months   " in shown.stdout
    assert "back-test   " in shown.stdout
    chosen = next(trial for trial in model.trials if trial.model == model.model)
    for part in chosen.grade.deciles:
        assert f"{part.customers:>10,}{part.predicted:>12,.1f}{part.actual:>10,.0f}" in shown.stdout
    assert f"Brier {chosen.grade.brier:.3f}" in shown.stdout


def test_as_json_the_model_comes_whole(told) -> None:
    ask, model = told
    data = json.loads(ask("clv", "acme", "--json").stdout)
    assert Fitted.of(data["fitted"]) == model
    assert data["clv_12m"].endswith(" GBP")


def test_a_persons_value_is_worked_out_again_from_what_is_printed(told) -> None:
    ask, model = told
    for person in ("p003", "p017", "p042"):
        (metric,) = json.loads(ask("explain", "acme", person, "clv_12m", "--json").stdout)["metrics"]
        given = metric["inputs"]
        x, tx, age = (next(v for k, v in given.items() if k.startswith(f"{name}:")) for name in ("x", "t_x", "T"))
        payload = fact(model).payload
        parts = {part: payload[part] for part in ("buying", "spend")}
        read = {part: old | {"values": [given[name] for name in old["names"]]} for part, old in parts.items()}
        printed = Fitted.of(payload | read)
        _, _, orders = by_the_book(printed, x, tx, age)
        minor = round(float(given["spent on the further days"].split()[0]) * 100)
        value = orders * spent(printed, x, minor) * given["margin"]
        assert float(metric["value"].split()[0]) == pytest.approx(value / 100, abs=0.0101)
        assert metric["as_of"] == AS_OF
        assert given["version"] == model.version


def test_a_person_is_told_the_chance_of_an_order_and_the_next_date(told) -> None:
    ask, _ = told
    shown = ask("explain", "acme", "p003").stdout
    assert "p_active_90d   " in shown
    assert "next_order_on   " in shown


def test_the_words_are_explained_and_lead_to_the_shops_total(told) -> None:
    ask, _ = told
    assert "Predicted." in ask("explain", "clv_12m").stdout
    assert "clv_12m   " in ask("explain", "acme", "clv_12m").stdout


def test_a_shop_without_a_past_says_so_in_one_line(tmp_path: Path) -> None:
    shown = predicted(tmp_path / "ws", 0)[0].run("clv", "acme")
    assert shown.exit_code == 1
    assert "nobody can be predicted yet" in shown.stderr
