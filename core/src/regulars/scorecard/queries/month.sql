-- One span's counts. Simple value of a year as it stood at the span's end: orders per year (of the time from first
-- to last order, a year at least) x mean order, by the rule of customer_value.
WITH history AS (
    SELECT d.customer_id AS customer_id, CAST(sum(d.orders) AS HUGEINT) AS orders,
           CAST(sum(d.net_minor) AS HUGEINT) AS net_minor,
           min(d.ordered_on) FILTER (WHERE d.orders > 0) AS first_on,
           max(d.ordered_on) FILTER (WHERE d.orders > 0) AS last_on
    FROM customer_day AS d
    WHERE d.ordered_on <= $ends
    GROUP BY d.customer_id
    HAVING sum(d.orders) > 0
),
value AS (
    SELECT h.first_on AS first_on, h.last_on AS last_on,
           half_even(half_even(h.orders * 36500, CAST(greatest(365, h.last_on - h.first_on) AS HUGEINT))
                     * half_even(h.net_minor, h.orders), 100) AS minor
    FROM history AS h
),
worth AS (
    SELECT count(*) AS customers, min(v.first_on) AS since,
           CAST(quantile_disc(v.minor, 0.5) AS BIGINT) AS clv_median,
           CAST(quantile_disc(v.minor, 0.9) AS BIGINT) AS clv_p90,
           count(*) FILTER (WHERE v.last_on > $ends - $window) AS active,
           CAST(quantile_disc(CAST($ends - v.first_on AS BIGINT), 0.5) FILTER (WHERE v.last_on > $ends - $window)
                AS BIGINT) AS tenure
    FROM value AS v
),
mail AS (
    SELECT count(DISTINCT coalesce(lower(t.email), t.connection || ':' || t.person_id)) AS mailed,
           count(DISTINCT coalesce(lower(t.email), t.connection || ':' || t.person_id))
               FILTER (WHERE t.kind = 'click') AS clicked
    FROM touches AS t
    WHERE NOT t.deleted AND t.kind IN ('sent', 'delivered', 'click') AND coalesce(t.channel, 'email') = 'email'
      AND CAST(timezone($zone, t.at) AS DATE) BETWEEN $starts AND $ends
),
complaint AS (
    SELECT count(DISTINCT x.who) AS complained
    FROM (
        SELECT lower(b.email) AS who FROM bounces AS b
        WHERE NOT b.deleted AND b.kind = 'complaint'
          AND CAST(timezone($zone, coalesce(b.at, b.updated_at)) AS DATE) BETWEEN $starts AND $ends
        UNION ALL
        SELECT coalesce(lower(s.address), lower(p.email), s.connection || ':' || s.person_id) AS who
        FROM consents AS s LEFT JOIN persons AS p ON p.connection = s.connection AND p.id = s.person_id
        WHERE NOT s.deleted AND s.state = 'complained' AND s.channel = 'email'
          AND CAST(timezone($zone, s.at) AS DATE) BETWEEN $starts AND $ends
    ) AS x
),
sold AS (
    SELECT count(*) AS orders, CAST(coalesce(sum(s.gross_minor), 0) AS BIGINT) AS gross_minor,
           CAST(coalesce(sum(s.refund_minor), 0) AS BIGINT) AS refund_minor,
           CAST(coalesce(sum(half_even(CAST(o.discount_minor AS HUGEINT) * f.num, f.den)), 0) AS BIGINT)
               AS discount_minor
    FROM sale AS s
    JOIN orders AS o ON o.connection = s.connection AND o.id = s.order_id
    JOIN (
        SELECT x.currency AS currency, x.from_on AS from_on, x.num AS num, x.den AS den,
               lead(x.from_on, 1, DATE '9999-12-31') OVER (PARTITION BY x.currency ORDER BY x.from_on) AS until_on
        FROM fx AS x
    ) AS f ON f.currency = s.currency AND s.ordered_on >= f.from_on AND s.ordered_on < f.until_on
    WHERE s.kind = 'counted' AND s.ordered_on BETWEEN $starts AND $ends
)
SELECT w.customers AS customers, w.since AS since, w.clv_median AS clv_median, w.clv_p90 AS clv_p90,
       w.active AS active, w.tenure AS tenure, m.mailed AS mailed, m.clicked AS clicked,
       c.complained AS complained, o.orders AS orders, o.gross_minor AS gross_minor,
       o.refund_minor AS refund_minor, o.discount_minor AS discount_minor
FROM worth AS w CROSS JOIN mail AS m CROSS JOIN complaint AS c CROSS JOIN sold AS o
