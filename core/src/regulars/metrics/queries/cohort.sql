-- Per month of first order and months since: people who ordered in that month, and their net sales.
SELECT CAST(date_trunc('month', f.first_order_on) AS DATE) AS month,
       CAST(datediff('month', f.first_order_on, d.ordered_on) AS BIGINT) AS since,
       count(DISTINCT d.customer_id) FILTER (WHERE d.orders > 0) AS buyers,
       CAST(sum(d.net_minor) AS BIGINT) AS net_minor
FROM customer_day AS d JOIN first_order AS f ON f.customer_id = d.customer_id
WHERE d.ordered_on <= $as_of
GROUP BY 1, 2
