-- The state of each customer: everything that a number of theirs needs of their days, and of what was given back.
CREATE OR REPLACE TABLE customer_total AS
WITH spent AS (
    SELECT d.customer_id AS customer_id, CAST(sum(d.orders) AS BIGINT) AS orders_count,
           count(*) FILTER (WHERE d.orders > 0) AS days, min(d.ordered_on) FILTER (WHERE d.orders > 0) AS first_order_on,
           max(d.ordered_on) FILTER (WHERE d.orders > 0) AS last_order_on, CAST(sum(d.net_minor) AS BIGINT) AS net_minor
    FROM {customer_day} AS d
    GROUP BY d.customer_id
),
sold AS (
    SELECT s.customer_id AS customer_id, CAST(sum(s.gross_minor) AS BIGINT) AS gross_minor,
           CAST(sum(s.refund_minor) AS BIGINT) AS refund_minor
    FROM {customer_sale} AS s
    WHERE s.kind = 'counted' AND s.customer_id IS NOT NULL
    GROUP BY s.customer_id
)
SELECT p.customer_id AS customer_id, p.orders_count AS orders_count, p.days AS days,
       p.first_order_on AS first_order_on, p.last_order_on AS last_order_on, p.net_minor AS net_minor,
       coalesce(s.gross_minor, 0) AS gross_minor, coalesce(s.refund_minor, 0) AS refund_minor
FROM spent AS p
LEFT JOIN sold AS s ON s.customer_id = p.customer_id;
