"""What is brought up to date night by night is what is made anew: row for row, whatever happened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from metrics.nights import Nights
from regulars import metrics
from regulars.clv.history import update_history
from regulars.clv.settings import ClvSettings
from regulars.lifecycle.categories import update_categories
from regulars.warehouse import Session, kept
from regulars.warehouse.session import Params

TABLES = (
    "profile", "customer", "order_customer", "person_customer", "refund_part", "sale", "refund_sale",
    "customer_day", "customer_total", "monthly", "first_order", "shop_value", "rfm_cut", "customer_value",
    "gap_line", "retention", "retention_set", "category_day", "purchase_history",
)  # fmt: skip


class Died(Exception):
    """The process ended here."""


class Mortal(Session):
    """A session whose process dies at a statement."""

    def __init__(self, living: Session, statements: int) -> None:
        super().__init__(living._connection)
        self._left = statements

    def run(self, sql: str, params: Params | None = None) -> None:
        self._left -= 1
        if self._left < 0:
            raise Died
        super().run(sql, params)


def _measure(session: Session, nights: Nights) -> None:
    nights.measure_identity(session)
    metrics.update(session, nights.settings, nights.today)
    update_categories(session, nights.today)
    update_history(session, ClvSettings(refund_date=nights.settings.refund_date))


def _rows(session: Session, table: str) -> list[tuple[Any, ...]]:
    return session.query(f"SELECT * FROM {table} ORDER BY ALL")


def _same_as_anew(nights: Nights) -> None:
    with nights.anew() as session:
        nights.measure_identity(session)
        metrics.build(session, nights.settings, nights.today)
        update_categories(session, nights.today)
        update_history(session, ClvSettings(refund_date=nights.settings.refund_date))
        wanted = {table: _rows(session, table) for table in TABLES}
    with nights.warehouse.burst() as session:
        for table, rows in wanted.items():
            assert _rows(session, table) == rows, f"{table} on {nights.today}"


@pytest.mark.parametrize("seed", range(2))
def test_nights_brought_up_to_date_are_those_made_anew(seed: int, tmp_path: Path) -> None:
    nights, updated = Nights(tmp_path, seed), 0
    for _ in range(7):
        with nights.warehouse.burst() as session:
            _measure(session, nights)
            sales = kept(session, "sale")
            updated += sales is not None and not sales.whole
        _same_as_anew(nights)
        nights.pass_one()
    assert updated >= 4, "most nights need only what changed"


@pytest.mark.parametrize("seed", range(2))
def test_a_night_that_dies_anywhere_is_made_good_by_the_next(seed: int, tmp_path: Path) -> None:
    nights = Nights(tmp_path, 100 + seed)
    with nights.warehouse.burst() as session:
        _measure(session, nights)
    for _ in range(4):
        nights.pass_one()
        for statement in sorted(nights.dice.sample(range(5, 50), 3)):
            with pytest.raises(Died), nights.warehouse.burst() as session:
                _measure(Mortal(session, statement), nights)
                raise Died
        with nights.warehouse.burst() as session:
            _measure(session, nights)
        _same_as_anew(nights)


def test_a_quiet_night_touches_nobody_but_who_bought_last(tmp_path: Path) -> None:
    nights = Nights(tmp_path, 7)
    for _ in range(2):
        with nights.warehouse.burst() as session:
            _measure(session, nights)
    with nights.warehouse.burst() as session:
        touched = session.query("SELECT count(*) FROM touched_customer")[0][0]
        dated = session.query("SELECT count(*) FROM sale WHERE ordered_on >= $today", {"today": nights.today})[0][
            0
        ]
        later = session.query("SELECT count(*) FROM refunds WHERE refunded_at >= $at", {"at": nights.today})[0][0]
    assert touched <= dated + later
