-- Counts of one span: s, e, n, r, l, gone.
WITH seen AS (
    SELECT d.customer_id AS customer_id, bool_or(d.ordered_on < $starts) AS in_s,
           bool_or(d.ordered_on >= $e_from) AS in_e
    FROM customer_day AS d
    WHERE d.orders > 0 AND d.ordered_on >= $s_from AND d.ordered_on < $after
    GROUP BY d.customer_id
),
part AS (
    SELECT x.in_s AS in_s, x.in_e AS in_e, v.first_order_on >= $starts AS is_new
    FROM seen AS x JOIN first_order AS v ON v.customer_id = x.customer_id
)
SELECT count(*) FILTER (WHERE p.in_s) AS s,
       count(*) FILTER (WHERE p.in_e) AS e,
       count(*) FILTER (WHERE p.in_e AND p.is_new) AS n,
       count(*) FILTER (WHERE p.in_e AND NOT p.in_s AND NOT p.is_new) AS r,
       count(*) FILTER (WHERE p.in_s AND NOT p.in_e) AS l,
       count(*) FILTER (WHERE p.is_new AND NOT p.in_e) AS gone
FROM part AS p
