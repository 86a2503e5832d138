-- Per arm: people whose time is over, and their net sales inside it.
WITH entry AS (
    SELECT unnest(CAST($ids AS VARCHAR[])) AS customer_id, unnest(CAST($days AS DATE[])) AS entered_on,
           unnest(CAST($arms AS VARCHAR[])) AS arm, unnest(range(len(CAST($ids AS VARCHAR[])))) AS n
),
brought AS (
    SELECT e.n AS n, e.arm AS arm, CAST(coalesce(sum(d.net_minor), 0) AS BIGINT) AS net_minor
    FROM entry AS e
    LEFT JOIN customer_day AS d ON d.customer_id = e.customer_id AND d.ordered_on > e.entered_on
        AND d.ordered_on <= e.entered_on + CAST($measure_days AS INTEGER)
    GROUP BY e.n, e.arm
)
SELECT b.arm AS arm, count(*) AS people, CAST(sum(b.net_minor) AS BIGINT) AS net_minor,
       coalesce(var_samp(b.net_minor), 0) AS variance
FROM brought AS b
GROUP BY b.arm
