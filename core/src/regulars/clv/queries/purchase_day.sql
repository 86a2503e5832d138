-- Days on which a customer bought something that was not all given back, with what is left of them. A refund
-- counts on its order's day here, whatever the sales figures do.
SELECT d.customer_id AS customer_id, d.ordered_on AS ordered_on, d.net_minor AS net_minor
FROM {customer_day} AS d
WHERE $refund_date = 'order' AND d.orders > 0 AND d.net_minor > 0
UNION ALL
SELECT s.customer_id AS customer_id, s.ordered_on AS ordered_on,
       CAST(sum(s.gross_minor - s.refund_minor) AS BIGINT) AS net_minor
FROM {sale} AS s
WHERE $refund_date = 'refund' AND s.kind = 'counted' AND s.customer_id IS NOT NULL
GROUP BY s.customer_id, s.ordered_on
HAVING sum(s.gross_minor - s.refund_minor) > 0
