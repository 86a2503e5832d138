-- Per month of first order and months since: people whose second day with an order fell into it.
WITH second AS (
    SELECT d.customer_id AS customer_id, min(f.first_order_on) AS first_on, min(d.ordered_on) AS again_on
    FROM customer_day AS d JOIN first_order AS f ON f.customer_id = d.customer_id
    WHERE d.orders > 0 AND d.ordered_on > f.first_order_on AND d.ordered_on <= $as_of
    GROUP BY d.customer_id
)
SELECT CAST(date_trunc('month', s.first_on) AS DATE) AS month,
       CAST(datediff('month', s.first_on, s.again_on) AS BIGINT) AS since, count(*) AS people
FROM second AS s
GROUP BY 1, 2
