-- What each customer did on each day, counted orders only. Where refunds count on their own day
-- there are rows without an order and with a negative value. `gap` are the days since the order day before.
CREATE OR REPLACE TABLE customer_day AS
WITH entry AS (
    SELECT s.customer_id AS customer_id, s.ordered_on AS ordered_on, 1 AS orders, s.net_minor AS net_minor
    FROM {customer_sale} AS s
    WHERE s.kind = 'counted' AND s.customer_id IS NOT NULL
    UNION ALL
    SELECT r.customer_id AS customer_id, r.refunded_on AS ordered_on, 0 AS orders, -r.minor AS net_minor
    FROM {customer_refund} AS r
    WHERE $refund_date = 'refund' AND r.customer_id IS NOT NULL
),
day AS (
    SELECT e.customer_id AS customer_id, e.ordered_on AS ordered_on, CAST(sum(e.orders) AS BIGINT) AS orders,
           CAST(sum(e.net_minor) AS BIGINT) AS net_minor
    FROM entry AS e
    GROUP BY e.customer_id, e.ordered_on
)
SELECT d.customer_id AS customer_id, d.ordered_on AS ordered_on, d.orders AS orders, d.net_minor AS net_minor,
       CASE WHEN d.orders > 0
            THEN CAST(d.ordered_on - max(CASE WHEN d.orders > 0 THEN d.ordered_on END) OVER before AS INTEGER)
       END AS gap
FROM day AS d
WINDOW before AS (PARTITION BY d.customer_id ORDER BY d.ordered_on ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING);
