-- Whom each product won: the products of each customer's first day with an order, one row for each.
SELECT DISTINCT s.customer_id AS customer_id, f.first_order_on AS first_on,
       coalesce(p.title, l.title, l.sku, 'product ' || l.product_id, 'without a name') AS product
FROM first_order AS f
JOIN sale AS s ON s.customer_id = f.customer_id AND s.ordered_on = f.first_order_on AND s.kind = 'counted'
JOIN lines AS l ON l.connection = s.connection AND l.order_id = s.order_id
LEFT JOIN products AS p ON p.connection = l.connection AND p.id = l.product_id
WHERE f.first_order_on <= $as_of AND NOT l.deleted
