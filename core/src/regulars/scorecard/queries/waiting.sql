-- Waits for the next order as each origin saw them: those that had ended, those still open (one for each
-- customer), and how many of the open ones then ended within $ahead days.
WITH origin AS (
    SELECT unnest(CAST($origins AS DATE[])) AS origin_on
),
step AS (
    SELECT d.ordered_on AS ordered_on,
           lead(d.ordered_on) OVER (PARTITION BY d.customer_id ORDER BY d.ordered_on) AS next_on
    FROM customer_day AS d
    WHERE d.orders > 0
)
SELECT o.origin_on AS origin_on,
       CAST(least(coalesce(s.next_on, o.origin_on), o.origin_on) - s.ordered_on AS BIGINT) AS days,
       count(*) FILTER (WHERE s.next_on <= o.origin_on) AS ordered,
       count(*) FILTER (WHERE coalesce(s.next_on > o.origin_on, true)) AS waiting,
       count(*) FILTER (WHERE s.next_on > o.origin_on
                          AND s.next_on <= o.origin_on + CAST($ahead AS INTEGER)) AS came
FROM origin AS o JOIN step AS s ON s.ordered_on <= o.origin_on
GROUP BY 1, 2
ORDER BY 1, 2
