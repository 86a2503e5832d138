-- Per month of first order: people, those without an order since $gone_by ended, and net sales to date.
SELECT CAST(date_trunc('month', v.first_order_on) AS DATE) AS month, count(*) AS people,
       count(*) FILTER (WHERE v.last_order_on <= $gone_by) AS gone,
       CAST(sum(v.net_minor) AS BIGINT) AS net_minor
FROM customer_value AS v
GROUP BY 1
ORDER BY 1
