-- Net sales by months (of 30 days) since the first order, of customers won with money. Who is not that old yet
-- is not counted in that month.
WITH spent AS (
    SELECT unnest(CAST($months AS DATE[])) AS month, unnest(CAST($sources AS VARCHAR[])) AS source
),
won AS (
    SELECT s.source AS source, v.customer_id AS customer_id, v.first_order_on AS first_on,
           CAST(($as_of - v.first_order_on + 1) // 30 AS BIGINT) AS ripe
    FROM spent AS s
    JOIN first_touch AS t ON t.source = s.source
    JOIN customer_value AS v ON v.customer_id = t.customer_id
        AND CAST(date_trunc('month', v.first_order_on) AS DATE) = s.month
),
step AS (
    SELECT w.source AS source, m.n AS n, count(*) AS customers
    FROM won AS w JOIN (SELECT unnest(range(36)) AS n) AS m ON m.n < w.ripe
    GROUP BY w.source, m.n
),
sold AS (
    SELECT w.source AS source, (d.ordered_on - w.first_on) // 30 AS n, sum(d.net_minor) AS net_minor
    FROM won AS w JOIN customer_day AS d ON d.customer_id = w.customer_id
    WHERE d.ordered_on >= w.first_on AND (d.ordered_on - w.first_on) // 30 < w.ripe
    GROUP BY 1, 2
)
SELECT s.source AS source, CAST(s.n AS BIGINT) AS month, s.customers AS customers,
       CAST(coalesce(x.net_minor, 0) AS BIGINT) AS net_minor
FROM step AS s LEFT JOIN sold AS x ON x.source = s.source AND x.n = s.n
ORDER BY s.source, s.n
