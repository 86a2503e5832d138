-- Per month of first order: all people, those first seen $within days ago or longer, and those of them
-- who did not order on a later day within these days.
WITH second AS (
    SELECT d.customer_id AS customer_id, min(d.ordered_on) AS again_on
    FROM customer_day AS d JOIN first_order AS f ON f.customer_id = d.customer_id
    WHERE d.orders > 0 AND d.ordered_on > f.first_order_on AND d.ordered_on <= $as_of
    GROUP BY d.customer_id
),
person AS (
    SELECT f.first_order_on AS first_on, f.first_order_on + $within <= $as_of AS is_decided,
           coalesce(s.again_on <= f.first_order_on + $within, false) AS is_back
    FROM first_order AS f LEFT JOIN second AS s ON s.customer_id = f.customer_id
    WHERE f.first_order_on <= $as_of
)
SELECT strftime(p.first_on, '%Y-%m') AS first, count(*) AS people,
       count(*) FILTER (WHERE p.is_decided) AS decided,
       count(*) FILTER (WHERE p.is_decided AND NOT p.is_back) AS once
FROM person AS p
GROUP BY 1
ORDER BY 1
