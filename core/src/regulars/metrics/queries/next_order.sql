-- Waits for the next order by their length in days: after any order, and after the first alone.
-- A wait that had no end by $as_of is censored there.
WITH step AS (
    SELECT d.customer_id AS customer_id, d.ordered_on AS ordered_on,
           lag(d.ordered_on) OVER (PARTITION BY d.customer_id ORDER BY d.ordered_on) IS NULL AS is_first,
           lead(d.ordered_on) OVER (PARTITION BY d.customer_id ORDER BY d.ordered_on) AS next_on
    FROM customer_day AS d
    WHERE d.orders > 0 AND d.ordered_on <= $as_of
),
wait AS (
    SELECT CAST(coalesce(s.next_on, $as_of) - s.ordered_on AS BIGINT) AS days, s.next_on IS NOT NULL AS ended,
           s.is_first AS is_first
    FROM step AS s
)
SELECT w.days AS days,
       count(*) FILTER (WHERE w.ended) AS ordered,
       count(*) FILTER (WHERE NOT w.ended) AS censored,
       count(*) FILTER (WHERE w.ended AND w.is_first) AS ordered_after_first,
       count(*) FILTER (WHERE NOT w.ended AND w.is_first) AS censored_after_first
FROM wait AS w
GROUP BY w.days
ORDER BY w.days
