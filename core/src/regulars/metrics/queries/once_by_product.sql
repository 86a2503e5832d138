-- The same per product of the first day with an order; whoever bought several products counts for each.
WITH bought AS ({first_product}),
second AS (
    SELECT d.customer_id AS customer_id, min(d.ordered_on) AS again_on
    FROM customer_day AS d JOIN first_order AS f ON f.customer_id = d.customer_id
    WHERE d.orders > 0 AND d.ordered_on > f.first_order_on AND d.ordered_on <= $as_of
    GROUP BY d.customer_id
),
person AS (
    SELECT b.product AS product, b.first_on + $within <= $as_of AS is_decided,
           coalesce(s.again_on <= b.first_on + $within, false) AS is_back
    FROM bought AS b LEFT JOIN second AS s ON s.customer_id = b.customer_id
)
SELECT p.product AS first, count(*) AS people, count(*) FILTER (WHERE p.is_decided) AS decided,
       count(*) FILTER (WHERE p.is_decided AND NOT p.is_back) AS once
FROM person AS p
GROUP BY 1
ORDER BY count(*) DESC, 1
