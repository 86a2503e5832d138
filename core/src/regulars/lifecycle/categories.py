"""In which categories everybody ordered when: kept, and made again for the touched customers."""

from __future__ import annotations

from datetime import date

from regulars.metrics.sales import into, keep_updated, may_update
from regulars.warehouse import Session, digest, statement, together

NAME = "category_day"
_TOUCHED = "(SELECT x.* FROM sale AS x SEMI JOIN recategorised AS r ON r.customer_id = x.customer_id)"


def update_categories(session: Session, as_of: date) -> None:
    """Make category_day; needs metrics' sale. Where that was brought up to date, only the rows of the customers
    that it touched are made again, and of who bought something that is in another category by now."""
    sql = statement(__package__, NAME)
    made_of = digest(sql, statement(__package__, "recategorised"))
    with together(session):
        if may_update(session, NAME, made_of):
            session.run(statement(__package__, "recategorised"))
            session.run(into(sql).replace("{sale}", _TOUCHED), {"as_of": as_of})
            session.run("DROP TABLE recategorised")
        else:
            session.run(sql.replace("{sale}", "sale"), {"as_of": as_of})
        session.run(
            "CREATE OR REPLACE TABLE product_category AS"
            " SELECT p.connection, p.id, p.category FROM products AS p WHERE NOT p.deleted"
        )
        keep_updated(session, NAME, made_of)
