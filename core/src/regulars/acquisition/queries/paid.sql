-- Customers won in months and from sources that money was spent on: who they are worth now and will be.
WITH spent AS (
    SELECT unnest(CAST($months AS DATE[])) AS month, unnest(CAST($sources AS VARCHAR[])) AS source
),
won AS (
    SELECT s.month AS month, s.source AS source, v.customer_id AS customer_id, v.net_minor AS net_minor
    FROM spent AS s
    JOIN first_touch AS t ON t.source = s.source
    JOIN customer_value AS v ON v.customer_id = t.customer_id
        AND CAST(date_trunc('month', v.first_order_on) AS DATE) = s.month
)
SELECT s.month AS month, s.source AS source, count(w.customer_id) AS customers,
       CAST(coalesce(sum(w.net_minor), 0) AS BIGINT) AS net_minor,
       CAST(coalesce(sum(p.clv_12m_minor), 0) AS BIGINT) AS ahead_minor
FROM spent AS s
LEFT JOIN won AS w ON w.month = s.month AND w.source = s.source
LEFT JOIN {value} AS p ON p.customer_id = w.customer_id
GROUP BY s.month, s.source
ORDER BY s.month, s.source
