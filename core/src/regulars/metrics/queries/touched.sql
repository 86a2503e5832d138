-- Whose rows are made again, and the months in which something is; then the old rows go.
CREATE OR REPLACE TABLE touched_customer AS
SELECT s.customer_id AS customer_id
FROM sale AS s
SEMI JOIN due_order AS d ON d.connection = s.connection AND d.order_id = s.order_id
WHERE s.customer_id IS NOT NULL
UNION
SELECT c.customer_id AS customer_id
FROM order_customer AS c
SEMI JOIN due_order AS d ON d.connection = c.connection AND d.order_id = c.order_id
WHERE c.customer_id IS NOT NULL;

CREATE OR REPLACE TEMP TABLE touched_month AS
SELECT DISTINCT CAST(date_trunc('month', s.ordered_on) AS DATE) AS month
FROM sale AS s
SEMI JOIN due_order AS d ON d.connection = s.connection AND d.order_id = s.order_id
UNION
SELECT DISTINCT CAST(date_trunc('month', r.refunded_on) AS DATE) AS month
FROM refund_sale AS r
SEMI JOIN due_order AS d ON d.connection = r.connection AND d.order_id = r.order_id;

DELETE FROM refund_part USING due_order AS d
WHERE d.connection = refund_part.connection AND d.order_id = refund_part.order_id;
DELETE FROM refund_sale USING due_order AS d
WHERE d.connection = refund_sale.connection AND d.order_id = refund_sale.order_id;
DELETE FROM sale USING due_order AS d WHERE d.connection = sale.connection AND d.order_id = sale.order_id;
DELETE FROM customer_day USING touched_customer AS t WHERE t.customer_id = customer_day.customer_id;
DELETE FROM customer_total USING touched_customer AS t WHERE t.customer_id = customer_total.customer_id;
