-- The day of each customer's first counted order ever.
CREATE OR REPLACE TABLE first_order AS
SELECT t.customer_id AS customer_id, t.first_order_on AS first_order_on
FROM customer_total AS t
WHERE t.orders_count > 0;
