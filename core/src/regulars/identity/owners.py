"""Whose each order is, brought up to date: the orders that were stored since, and those of people who moved."""

from __future__ import annotations

from regulars.warehouse import Kept, Session, digest, keep, kept, statement, together

NAME = "order_customer"
_STORED = (
    "(SELECT x.* FROM orders AS x SEMI JOIN moved_order AS m ON m.connection = x.connection AND m.order_id = x.id)"
)


def update_owners(session: Session, key: str) -> None:
    """Make order_customer and person_customer; needs profile and alias.

    Orders whose customer is another one than the last time are added to touched_order, for whoever keeps tables
    of orders and takes them out; where that cannot be told, there is no touched_order.
    """
    made_of = digest(
        key,
        *(statement(__package__, name) for name in ("reference", "profiles", "owners", "order_customer", "moved")),
    )
    session.run(statement(__package__, "owners"))
    with together(session):
        last = kept(session, NAME)
        sql = statement(__package__, "order_customer")
        if last is not None and last.made_of == made_of and session.has("touched_order"):
            session.run(statement(__package__, "moved"), {"seq": last.seq})
            made = sql.replace("{orders}", _STORED)
            session.run(made.replace(f"CREATE OR REPLACE TABLE {NAME} AS", f"INSERT INTO {NAME}"), {"key": key})
            session.run("DROP TABLE moved_order")
        else:
            session.run(sql.replace("{orders}", "orders"), {"key": key})
            session.run("DROP TABLE IF EXISTS touched_order")
        session.run("CREATE OR REPLACE TABLE person_customer AS SELECT * FROM person_now")
        newest = session.query("SELECT coalesce(max(seq), 0) FROM orders")[0][0]
        keep(session, NAME, Kept(made_of, seq=newest))
    session.run("DROP TABLE person_now")
