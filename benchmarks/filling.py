"""Two years of a shop with its CRM and mail platform, straight into segments: what first reads would have stored.

Made by DuckDB from hashes of numbers, so that a size always gives the same people and orders.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
from regulars.journal import Journal, Lease
from regulars.warehouse.schema import arrow_schema

CONNECTIONS = ("shop", "crm", "mail")
PRODUCTS, TYPES = 500, 12

_DICE = """
CREATE OR REPLACE MACRO dice(n, what) AS (hash(n, what) % 1000000007) / 1000000007.0;
CREATE OR REPLACE MACRO price(n) AS CAST(500 + 8500 * dice(n, 'price') AS BIGINT);
"""
_PEOPLE = """
CREATE TABLE someone AS
WITH born AS (
    SELECT range AS n, $until::TIMESTAMPTZ - to_seconds(CAST(dice(range,
        'born') * 730 * 86400 AS BIGINT)) AS born_at
    FROM range($people)
)
SELECT b.n AS n, b.born_at AS born_at,
       to_seconds(CAST(epoch($until::TIMESTAMPTZ - b.born_at) * sqrt(dice(b.n, 'stay')) AS BIGINT)) AS stay,
       CAST(1 + floor(-ln(1 - dice(b.n, 'orders')) * $each) AS BIGINT) AS orders,
       'c' || b.n || '@example.test' AS email, dice(b.n, 'guest') < 0.1 AS is_guest
FROM born AS b
"""
_ORDERS = """
CREATE TABLE bought AS
SELECT 'o' || s.n || '-' || x.i AS id, s.n AS n, x.i AS i, s.is_guest AS is_guest, s.email AS email,
       s.born_at + to_seconds(CAST(epoch(s.stay) * CASE WHEN x.i = 1 THEN 0 ELSE dice(s.n * 1000 + x.i, 'at') END
                                   AS BIGINT)) AS bought_at,
       CAST(1 + floor(dice(s.n * 1000 + x.i, 'lines') * 3) AS BIGINT) AS lines
FROM someone AS s CROSS JOIN LATERAL (SELECT unnest(range(1, s.orders + 1)) AS i) AS x;
CREATE TABLE line AS
SELECT b.id || '-' || x.k AS id, b.id AS order_id, b.bought_at AS bought_at, b.n * 100000 + b.i * 10 + x.k AS dice,
       CAST(floor(pow(dice(b.n * 100000 + b.i * 10 + x.k, 'sku'), 2) * {products}) AS BIGINT) AS product
FROM bought AS b CROSS JOIN LATERAL (SELECT unnest(range(1, b.lines + 1)) AS k) AS x
"""

_KINDS = {
    ("shop", "person"): """SELECT 'b' || n AS id, born_at AS updated_at, born_at AS created_at, email,
        'P' AS first_name,
        'N' || n AS last_name, 'DE' AS country FROM someone WHERE NOT is_guest""",
    ("crm", "person"): """SELECT 'b' || n AS id, born_at AS updated_at, born_at AS created_at,
        upper(email) AS email,
        'DE' AS country FROM someone WHERE dice(n, 'crm') < 0.9""",
    ("mail", "person"): """SELECT 'b' || n AS id, born_at AS updated_at, born_at AS created_at, email,
        [] AS lists FROM someone WHERE dice(n, 'mail') < 0.6""",
    ("mail", "consent"): """SELECT 'b' || n AS id, born_at AS updated_at, 'b' || n AS person_id,
        'email' AS channel,
        CASE WHEN dice(n, 'no') < 0.1 THEN 'unsubscribed' ELSE 'subscribed' END AS state, born_at AS "at",
        'person' AS "by" FROM someone WHERE dice(n, 'mail') < 0.6""",
    ("mail", "touch"): """SELECT 't' || n || '-' || k AS id, born_at AS updated_at, 'b' || n AS person_id,
        'click' AS kind,
        born_at + stay * dice(n * 10 + k, 'touch') AS "at", 'email' AS channel, 'owned' AS media
        FROM someone, range(3) AS r(k) WHERE dice(n, 'mail') < 0.6""",
    ("shop", "product"): """SELECT 'p' || range AS id, $until::TIMESTAMPTZ - INTERVAL 800 DAY AS updated_at,
        'Thing ' || range AS title, 'Type ' || range % {types} AS category,
        'active' AS status FROM range({products})""",
    ("shop", "order"): """SELECT b.id, b.bought_at AS updated_at, b.bought_at AS ordered_at,
        CASE WHEN NOT b.is_guest THEN 'b' || b.n END
        AS person_id, b.email, 'EUR' AS currency, w.goods AS goods_minor, 490 AS shipping_minor,
        w.goods + 490 AS total_minor, 'paid' AS status, 'DE' AS country
        FROM bought AS b JOIN (SELECT order_id, sum(price(dice)) AS goods FROM line GROUP BY ALL) AS w
        ON w.order_id = b.id""",
    ("shop", "line"): """SELECT id, bought_at AS updated_at, order_id, 'p' || product AS product_id,
        'SKU-' || product AS sku,
        'Thing ' || product AS title, 'Type ' || product % {types} AS category, 1 AS quantity,
        1 AS current_quantity,
        'EUR' AS currency, price(dice) AS goods_minor FROM line""",
    ("shop", "fulfilment"): """SELECT id, bought_at AS updated_at, id AS order_id, 'delivered' AS status,
        bought_at AS shipped_at,
        least(bought_at + INTERVAL 3 DAY, $until) AS delivered_at FROM bought""",
    ("shop", "refund"): """SELECT 'r' || l.id AS id, l.bought_at AS updated_at, l.order_id,
        least(l.bought_at + INTERVAL 9 DAY, $until)
        AS refunded_at, 'EUR' AS currency, price(l.dice) AS goods_minor, price(l.dice) AS total_minor
        FROM line AS l WHERE dice(l.dice, 'refund') < 0.03""",
    ("shop", "refund_line"): """SELECT 'r' || l.id AS id, l.bought_at AS updated_at, 'r' || l.id AS refund_id,
        l.order_id,
        l.id AS line_id, 1 AS quantity, 'EUR' AS currency, price(l.dice) AS goods_minor
        FROM line AS l WHERE dice(l.dice, 'refund') < 0.03""",
}  # fmt: skip
_EMPTY = {"VARCHAR[]": "[]", "BIGINT": "0", "BOOLEAN": "false"}
_SQL = {"string": "VARCHAR", "int64": "BIGINT", "bool": "BOOLEAN"}


def fill(journal: Journal, lease: Lease, folder: Path, people: int, each: float, until: datetime) -> int:
    """Store segments of `people` with about `each` orders a head, the last just before `until`; returns how
    many orders. They are merged by whatever merges next."""
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'; SET threads = 2;" + _DICE)
    db.execute(_PEOPLE, {"people": people, "each": each, "until": until})
    db.execute(_ORDERS.format(products=PRODUCTS))
    stored = []
    for (connection, kind), sql in _KINDS.items():
        (seq,) = journal.rows("SELECT coalesce(max(seq), 0) + 1 FROM segment")[0]
        name = f"{connection}/{seq + len(stored):09d}-{kind}.parquet"
        path = folder / "segments" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        made = db.sql(
            sql.format(products=PRODUCTS, types=TYPES), params={"until": until} if "$until" in sql else None
        )
        columns = ", ".join(_column(field, made.columns) for field in arrow_schema(kind))
        made.create_view("made", replace=True)
        db.execute(f"COPY (SELECT {columns} FROM made) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
        stored.append((seq + len(stored), "filling", connection, kind, kind, name, until.isoformat()))
    with journal.tx(lease) as tx:
        tx.executemany(
            "INSERT INTO segment (seq, run_id, connection, stream, kind, path, rows, at)"
            " VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
            stored,
        )
    orders = db.sql("SELECT count(*) FROM bought").fetchall()[0][0]
    db.close()
    return int(orders)


def _column(field: object, made: list[str]) -> str:
    name, arrow = field.name, str(field.type)  # type: ignore[attr-defined]
    kind = "TIMESTAMPTZ" if arrow.startswith("timestamp") else _SQL.get(arrow, "VARCHAR[]")
    empty = "'{}'" if name in ("held", "custom") else _EMPTY.get(kind, "NULL")
    value = f'"{name}"' if name in made else empty
    return f'CAST({value} AS {kind}) AS "{name}"'
