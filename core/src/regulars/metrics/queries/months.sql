-- With the months of the new rows.
INSERT INTO touched_month
SELECT DISTINCT CAST(date_trunc('month', s.ordered_on) AS DATE) AS month
FROM sale AS s
SEMI JOIN due_order AS d ON d.connection = s.connection AND d.order_id = s.order_id
UNION
SELECT DISTINCT CAST(date_trunc('month', r.refunded_on) AS DATE) AS month
FROM refund_sale AS r
SEMI JOIN due_order AS d ON d.connection = r.connection AND d.order_id = r.order_id;
DELETE FROM monthly WHERE month IN (SELECT m.month FROM touched_month AS m);
