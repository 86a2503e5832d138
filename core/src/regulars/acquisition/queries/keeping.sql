-- Over some months: customers whose first order lies in one of them, and those who ordered in one after the
-- month of their first order, once per month.
WITH buyer AS (
    SELECT DISTINCT CAST(date_trunc('month', d.ordered_on) AS DATE) AS month, d.customer_id AS customer_id
    FROM customer_day AS d
    WHERE d.orders > 0
      AND list_contains(CAST($months AS DATE[]), CAST(date_trunc('month', d.ordered_on) AS DATE))
)
SELECT count(*) FILTER (WHERE f.first_order_on >= b.month) AS won,
       count(*) FILTER (WHERE f.first_order_on < b.month) AS kept
FROM buyer AS b
JOIN first_order AS f ON f.customer_id = b.customer_id
