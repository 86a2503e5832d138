-- What the night took into its numbers, per day: every order it saw and every refund of one.
WITH seen AS (
    SELECT s.ordered_on AS day, s.connection AS connection, s.currency AS currency, 1 AS orders,
           o.goods_minor AS goods, o.discount_minor AS discount, 0 AS returned
    FROM sale AS s
    JOIN orders AS o ON o.connection = s.connection AND o.id = s.order_id
    WHERE s.ordered_on BETWEEN $starts_on AND $ends_on
    UNION ALL
    SELECT p.refunded_on AS day, p.connection AS connection, p.currency AS currency, 0 AS orders,
           0 AS goods, 0 AS discount, p.goods_minor AS returned
    FROM refund_part AS p
    JOIN sale AS s ON s.connection = p.connection AND s.order_id = p.order_id
    WHERE p.refunded_on BETWEEN $starts_on AND $ends_on AND p.refunded_on <= $as_of
)
SELECT e.day AS day, e.connection AS connection, e.currency AS currency, CAST(sum(e.orders) AS BIGINT) AS orders,
       CAST(sum(e.goods) AS BIGINT) AS goods, CAST(sum(e.discount) AS BIGINT) AS discount,
       CAST(sum(e.returned) AS BIGINT) AS returned
FROM seen AS e
GROUP BY e.day, e.connection, e.currency
ORDER BY e.day, e.connection, e.currency
