-- Customers by when they were one and since when they are known. $days are all days that matter, $masks say
-- for each on which of the edges (bit 0 is the first) an order of that day makes a customer; `born` is how
-- many edges are not after the first order ever.
WITH calendar AS (
    SELECT unnest(CAST($days AS DATE[])) AS day, unnest(CAST($masks AS BIGINT[])) AS mask
),
person AS (
    SELECT d.customer_id AS customer_id, bit_or(c.mask) AS mask
    FROM customer_day AS d JOIN calendar AS c ON c.day = d.ordered_on
    WHERE d.orders > 0 AND d.ordered_on >= $from_on AND d.ordered_on < $until
    GROUP BY d.customer_id
),
newcomer AS (
    SELECT f.customer_id AS customer_id,
           len(list_filter(CAST($edges AS DATE[]), lambda e: e <= f.first_order_on)) AS born
    FROM first_order AS f
    WHERE f.first_order_on >= $first_edge
)
SELECT p.mask AS mask, coalesce(n.born, 0) AS born, count(*) AS people
FROM person AS p LEFT JOIN newcomer AS n ON n.customer_id = p.customer_id
GROUP BY 1, 2
