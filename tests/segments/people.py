"""Invented rows of the catalogue."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
from regulars.segments import Draw
from regulars.warehouse import Session

TODAY = date(2026, 11, 21)
DRAW = Draw(salt="salt", client="fernhill", share=0.5)

_TYPES = {
    "orders_count": pa.int64(),
    "last_order_on": pa.date32(),
    "first_order_on": pa.date32(),
    "tags": pa.list_(pa.string()),
    "skus": pa.list_(pa.string()),
    "owned_skus": pa.list_(pa.string()),
    "clv_12m": pa.decimal128(18, 2),
    "is_customer": pa.bool_(),
    "reach_email": pa.bool_(),
    "reach_phone": pa.bool_(),
    "reach_post": pa.bool_(),
    "reach_push": pa.bool_(),
    "gap_p25": pa.float64(),
    "gap_p75": pa.float64(),
    "act_before": pa.int64(),
    "refund_rate": pa.float64(),
    "r": pa.int64(),
    "fm": pa.int64(),
    "service_hold": pa.bool_(),
    "stuck_in_basic": pa.bool_(),
    "add_on_ready": pa.bool_(),
    "upsell_ready": pa.bool_(),
}
_TEXTS = (
    "offer_segment",
    "next_rule",
    "customer_id",
    "state",
    "stage",
    "email_consent",
    "email_deliverable",
    "last_status",
    "country",
)


def fill(session: Session, *rows: dict[str, object]) -> None:
    """A catalogue of these people; what a row does not name is unknown."""
    schema = pa.schema([*((name, pa.string()) for name in _TEXTS), *_TYPES.items()])
    people = [{"service_hold": False, **row} for row in rows]
    session.load("catalogue", pa.Table.from_pylist(people, schema=schema))
