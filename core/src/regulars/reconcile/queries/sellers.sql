-- The connections that orders are held of.
SELECT DISTINCT o.connection AS connection
FROM orders AS o
WHERE NOT o.deleted
ORDER BY connection
