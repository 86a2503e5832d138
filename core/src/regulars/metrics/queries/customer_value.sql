-- Per customer with a counted order. Quintile scores come from cut points, so ties share a score.
CREATE OR REPLACE TEMP TABLE bought AS
SELECT s.customer_id AS customer_id, s.orders_count AS orders_count, s.first_order_on AS first_order_on,
       s.last_order_on AS last_order_on, s.net_minor AS net_minor,
       CAST($as_of - s.last_order_on AS BIGINT) AS days_since_last,
       CAST(s.last_order_on - s.first_order_on AS HUGEINT) AS days_buying,
       half_even(CAST(s.net_minor AS HUGEINT), s.orders_count) AS order_value,
       CASE WHEN s.gross_minor > 0
            THEN CAST(round(CAST(s.refund_minor AS DOUBLE) / s.gross_minor, 4) AS DECIMAL(18, 4)) END AS refund_rate
FROM customer_total AS s
WHERE s.orders_count > 0;

CREATE OR REPLACE TABLE rfm_cut AS
WITH cuts AS (
    SELECT coalesce(quantile_disc(b.days_since_last, [0.2, 0.4, 0.6, 0.8]), []) AS r,
           coalesce(quantile_disc(b.orders_count, [0.2, 0.4, 0.6, 0.8]), []) AS f,
           coalesce(quantile_disc(b.net_minor, [0.2, 0.4, 0.6, 0.8]), []) AS m
    FROM bought AS b
)
SELECT 'r' AS measure, c.r AS cuts FROM cuts AS c
UNION ALL SELECT 'f' AS measure, c.f AS cuts FROM cuts AS c
UNION ALL SELECT 'm' AS measure, c.m AS cuts FROM cuts AS c;

CREATE OR REPLACE TEMP TABLE scored AS
SELECT b.customer_id AS customer_id,
       CAST(5 - len(list_filter(r.cuts, lambda c: b.days_since_last > c)) AS INTEGER) AS r,
       CAST(1 + len(list_filter(f.cuts, lambda c: b.orders_count > c)) AS INTEGER) AS f,
       CAST(1 + len(list_filter(m.cuts, lambda c: b.net_minor > c)) AS INTEGER) AS m
FROM bought AS b
JOIN rfm_cut AS r ON r.measure = 'r'
JOIN rfm_cut AS f ON f.measure = 'f'
JOIN rfm_cut AS m ON m.measure = 'm';

-- Simple CLV of a person: the shop's lifetime, or the person's own from first to last order where that is
-- longer; orders per year of that own time, taken as a year at least; the person's mean order.
CREATE OR REPLACE TABLE customer_value AS
WITH factor AS (
    SELECT b.customer_id AS customer_id,
           greatest(CAST(v.years_h AS HUGEINT), half_even(b.days_buying * 100, 365)) AS years_h,
           half_even(CAST(b.orders_count AS HUGEINT) * 36500, greatest(365, b.days_buying)) AS per_year_h
    FROM bought AS b CROSS JOIN shop_value AS v
)
SELECT b.customer_id AS customer_id, b.orders_count AS orders_count, b.first_order_on AS first_order_on,
       b.last_order_on AS last_order_on, b.net_minor AS net_minor, CAST(b.order_value AS BIGINT)
           AS average_order_minor, b.days_since_last AS days_since_last,
       s.r AS r, s.f AS f, s.m AS m, CAST((s.f + s.m) * 0.5 AS DECIMAL(3, 1)) AS fm,
       CASE WHEN s.r >= 4 THEN CASE WHEN s.f + s.m >= 8 THEN 'champions'
                                    WHEN s.f + s.m >= 6 THEN 'loyal'
                                    WHEN s.f + s.m >= 4 THEN 'active'
                                    WHEN b.orders_count = 1 THEN 'new'
                                    ELSE 'promising' END
            WHEN s.r = 3 THEN CASE WHEN s.f + s.m >= 8 THEN 'loyal'
                                   WHEN s.f + s.m >= 4 THEN 'needs_attention'
                                   ELSE 'promising' END
            WHEN s.r = 2 THEN CASE WHEN s.f + s.m >= 6 THEN 'at_risk' ELSE 'almost_lost' END
            ELSE CASE WHEN s.f + s.m >= 8 THEN 'previously_loyal' ELSE 'dormant' END END AS rfm_group,
       b.refund_rate AS refund_rate,
       CAST(CAST(f.years_h AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS clv_years,
       CAST(CAST(f.per_year_h AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS clv_orders_per_year,
       CAST(b.order_value AS BIGINT) AS clv_order_value_minor,
       CAST(half_even(f.years_h * f.per_year_h * b.order_value, 10000) AS BIGINT) AS clv_simple_minor,
       CAST(half_even(f.per_year_h * b.order_value, 100) AS BIGINT) AS clv_12m_minor
FROM bought AS b
JOIN scored AS s ON s.customer_id = b.customer_id
JOIN factor AS f ON f.customer_id = b.customer_id;

DROP TABLE bought;
DROP TABLE scored;

-- Days between consecutive days with an order, over the whole shop; with fewer than 100 returning
-- customers the fixed lines stand in (40 days and its half, at_risk, lapsed).
CREATE OR REPLACE TABLE gap_line AS
WITH cut AS (
    SELECT (SELECT count(*) FROM customer_total AS t WHERE t.days > 1) AS customers,
           quantile_disc(CAST(d.gap AS BIGINT), [0.25, 0.5, 0.75, 0.9]) AS q
    FROM customer_day AS d
    WHERE d.gap IS NOT NULL
)
SELECT CASE WHEN c.customers >= 100 THEN 'shop' ELSE 'fixed' END AS basis, c.customers AS customers,
       CAST(CASE WHEN c.customers >= 100 THEN c.q[1] ELSE 20 END AS BIGINT) AS gap_p25,
       CAST(CASE WHEN c.customers >= 100 THEN c.q[2] ELSE 40 END AS BIGINT) AS gap_p50,
       CAST(CASE WHEN c.customers >= 100 THEN c.q[3] ELSE $at_risk END AS BIGINT) AS gap_p75,
       CAST(CASE WHEN c.customers >= 100 THEN c.q[4] ELSE $lapsed END AS BIGINT) AS gap_p90
FROM cut AS c;
