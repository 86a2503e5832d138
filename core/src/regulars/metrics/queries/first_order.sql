-- The day of each customer's first counted order ever.
CREATE OR REPLACE TABLE first_order AS
SELECT d.customer_id AS customer_id, min(d.ordered_on) AS first_order_on
FROM customer_day AS d
WHERE d.orders > 0
GROUP BY d.customer_id;
