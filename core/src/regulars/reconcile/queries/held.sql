-- The orders and refunds of a span that we hold of one connection, one by one.
SELECT 'order' AS what, o.id AS id, o.id AS order_id, coalesce(o.number, o.id) AS number,
       CAST(timezone($zone, o.ordered_at) AS DATE) AS day, o.currency AS currency, o.goods_minor AS goods,
       o.discount_minor AS discount
FROM orders AS o
WHERE NOT o.deleted AND o.connection = $connection
  AND CAST(timezone($zone, o.ordered_at) AS DATE) BETWEEN $starts_on AND $ends_on
UNION ALL
SELECT 'refund' AS what, r.id AS id, r.order_id AS order_id, coalesce(o.number, o.id) AS number,
       CAST(timezone($zone, r.refunded_at) AS DATE) AS day, r.currency AS currency, r.goods_minor AS goods,
       0 AS discount
FROM refunds AS r
JOIN orders AS o ON o.connection = r.connection AND o.id = r.order_id AND NOT o.deleted
WHERE NOT r.deleted AND r.connection = $connection
  AND CAST(timezone($zone, r.refunded_at) AS DATE) BETWEEN $starts_on AND $ends_on
ORDER BY what, id
