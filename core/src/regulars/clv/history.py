"""Everybody's purchase days as the models look at them: kept, and made again for the touched customers."""

from __future__ import annotations

import pyarrow as pa

from regulars.clv.settings import ClvSettings
from regulars.metrics.sales import OF_TOUCHED, filled, into, keep_updated, may_update
from regulars.warehouse import Session, digest, statement, together

NAME = "purchase_history"
_ALL = {"customer_day": "customer_day", "sale": "sale"}
_TOUCHED = {name: OF_TOUCHED.format(name) for name in _ALL}
_PREDICTED = "SELECT p.* FROM {} AS p ANTI JOIN objected AS o ON o.customer_id = p.customer_id"


def update_history(session: Session, settings: ClvSettings) -> None:
    """Make purchase_history; needs metrics' sale and customer_day. Where those were brought up to date, only the
    rows of the customers they touched are made again."""
    sql, params = statement(__package__, NAME), {"refund_date": settings.refund_date}
    made_of = digest(settings.refund_date, sql, statement(__package__, "purchase_day"))
    with together(session):
        if may_update(session, NAME, made_of):
            session.run(
                "DELETE FROM purchase_history USING touched_customer AS t"
                " WHERE t.customer_id = purchase_history.customer_id"
            )
            session.run(into(sql).replace("{purchase_day}", _days(_TOUCHED)), params)
        else:
            session.run(sql.replace("{purchase_day}", _days(_ALL)), params)
        keep_updated(session, NAME, made_of)


def predicted(session: Session) -> pa.Table:
    """The history of all but those in `objected`."""
    return session.table(_PREDICTED.format(NAME))


def predicted_days(session: Session, settings: ClvSettings) -> pa.Table:
    """Their purchase days, a row each."""
    return session.table(_PREDICTED.format(f"({_days(_ALL)})"), {"refund_date": settings.refund_date})


def _days(places: dict[str, str]) -> str:
    return filled(statement(__package__, "purchase_day"), places)
