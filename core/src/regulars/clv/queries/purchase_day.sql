-- Days on which a customer bought something that was not all given back, with what is left of them. A refund
-- counts on its order's day here, whatever the sales figures do. Who objected to profiling is left out.
WITH objected AS (
    SELECT DISTINCT f.customer_id AS customer_id
    FROM signals AS g
    JOIN profile AS f ON f.connection = g.connection AND f.person_id = g.person_id
    WHERE NOT g.deleted AND g.kind = 'profiling_objection'
      AND lower(coalesce(g.value, 'true')) NOT IN ('false', 'no', '0', '')
      AND (g.at IS NULL OR CAST(timezone($zone, g.at) AS DATE) <= $as_of)
),
bought AS (
    SELECT d.customer_id AS customer_id, d.ordered_on AS ordered_on, d.net_minor AS net_minor
    FROM customer_day AS d
    WHERE $refund_date = 'order' AND d.orders > 0 AND d.net_minor > 0
    UNION ALL
    SELECT s.customer_id AS customer_id, s.ordered_on AS ordered_on,
           CAST(sum(s.gross_minor - s.refund_minor) AS BIGINT) AS net_minor
    FROM sale AS s
    WHERE $refund_date = 'refund' AND s.kind = 'counted' AND s.customer_id IS NOT NULL
    GROUP BY s.customer_id, s.ordered_on
    HAVING sum(s.gross_minor - s.refund_minor) > 0
),
purchase_day AS (
    SELECT b.customer_id AS customer_id, b.ordered_on AS ordered_on, b.net_minor AS net_minor
    FROM bought AS b
    WHERE b.customer_id NOT IN (SELECT o.customer_id FROM objected AS o)
)
