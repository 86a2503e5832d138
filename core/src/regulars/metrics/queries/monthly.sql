-- Per calendar month: sales of known customers and, apart, of guests who left no address.
CREATE OR REPLACE TABLE monthly AS
WITH entry AS (
    SELECT s.ordered_on AS day, s.customer_id AS customer_id, 1 AS orders, s.net_minor AS net_minor
    FROM sale AS s
    WHERE s.kind = 'counted'
    UNION ALL
    SELECT r.refunded_on AS day, r.customer_id AS customer_id, 0 AS orders, -r.minor AS net_minor
    FROM refund_sale AS r
    WHERE $refund_date = 'refund'
)
SELECT CAST(date_trunc('month', e.day) AS DATE) AS month,
       CAST(coalesce(sum(e.orders) FILTER (WHERE e.customer_id IS NOT NULL), 0) AS BIGINT) AS orders,
       count(DISTINCT e.customer_id) FILTER (WHERE e.orders > 0) AS customers,
       CAST(coalesce(sum(e.net_minor) FILTER (WHERE e.customer_id IS NOT NULL), 0) AS BIGINT) AS net_minor,
       CAST(coalesce(sum(e.orders) FILTER (WHERE e.customer_id IS NULL), 0) AS BIGINT) AS guest_orders,
       CAST(coalesce(sum(e.net_minor) FILTER (WHERE e.customer_id IS NULL), 0) AS BIGINT) AS guest_net_minor
FROM entry AS e
WHERE {month}
GROUP BY date_trunc('month', e.day);
