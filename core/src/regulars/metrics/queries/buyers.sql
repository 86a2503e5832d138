-- Who ordered in a span and in the span before, and their net sales. Whoever ordered before the span
-- began or twice in it has more than one order at its end.
WITH person AS (
    SELECT d.customer_id AS customer_id,
           coalesce(sum(d.orders) FILTER (WHERE d.ordered_on >= $starts), 0) AS orders,
           coalesce(sum(d.net_minor) FILTER (WHERE d.ordered_on >= $starts), 0) AS net,
           coalesce(sum(d.orders) FILTER (WHERE d.ordered_on < $starts), 0) AS orders_before,
           coalesce(sum(d.net_minor) FILTER (WHERE d.ordered_on < $starts), 0) AS net_before
    FROM customer_day AS d
    WHERE d.ordered_on >= $before AND d.ordered_on <= $ends
    GROUP BY d.customer_id
),
newcomer AS (
    SELECT f.customer_id AS customer_id FROM first_order AS f WHERE f.first_order_on >= $starts
),
told AS (
    SELECT p.orders AS orders, p.net AS net, p.orders_before AS orders_before, p.net_before AS net_before,
           p.orders >= 2 OR (p.orders > 0 AND n.customer_id IS NULL) AS is_returning
    FROM person AS p LEFT JOIN newcomer AS n ON n.customer_id = p.customer_id
)
SELECT count(*) FILTER (WHERE t.orders > 0) AS buyers,
       count(*) FILTER (WHERE t.orders >= 2) AS repeaters,
       count(*) FILTER (WHERE t.is_returning) AS returning_buyers,
       CAST(coalesce(sum(t.net) FILTER (WHERE t.orders > 0), 0) AS BIGINT) AS net_minor,
       CAST(coalesce(sum(t.net) FILTER (WHERE t.is_returning), 0) AS BIGINT) AS returning_net_minor,
       count(*) FILTER (WHERE t.orders_before > 0) AS buyers_before,
       CAST(coalesce(sum(t.net_before) FILTER (WHERE t.orders_before > 0), 0) AS BIGINT) AS net_before_minor,
       CAST(coalesce(sum(t.net) FILTER (WHERE t.orders_before > 0), 0) AS BIGINT) AS net_again_minor
FROM told AS t
