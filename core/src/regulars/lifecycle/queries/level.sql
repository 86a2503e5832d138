-- The spans of days in which each level's rule held: 1 basic, 2 collaborated, 3 interconnected.
-- Top tenth by frequency: orders that nine in ten buyers do not have, tonight or before the dwell began.
CREATE OR REPLACE TEMP TABLE often AS
WITH bought AS (
    SELECT o.customer_id AS customer_id, max(o.orders_so_far) AS orders,
           max(o.orders_so_far) FILTER (WHERE o.ordered_on <= $as_of - $down_after) AS orders_before
    FROM silence AS o
    GROUP BY o.customer_id
)
SELECT least($bond_orders, greatest(2, least(
           coalesce(quantile_disc(b.orders, 0.9), $bond_orders),
           coalesce(quantile_disc(b.orders_before, 0.9), $bond_orders)))) AS orders
FROM bought AS b;

CREATE OR REPLACE TEMP TABLE trusted AS
SELECT f.customer_id AS customer_id,
       min(coalesce(CAST(timezone($zone, g.at) AS DATE), DATE '0001-01-01')) AS from_on
FROM signals AS g
JOIN profile AS f ON f.connection = g.connection AND f.person_id = g.person_id
WHERE NOT g.deleted
  AND ((g.kind IN ('loyalty_member', 'referrer', 'subscription')
        AND lower(coalesce(g.value, 'true')) NOT IN ('false', 'no', '0', ''))
       OR (g.kind = 'review_score' AND TRY_CAST(g.value AS DOUBLE) >= 4))
GROUP BY f.customer_id;

CREATE OR REPLACE TEMP TABLE reach_span AS
SELECT a.customer_id AS customer_id, greatest(a.from_on, b.from_on) AS from_on, least(a.to_on, b.to_on) AS to_on
FROM consent_span AS a
JOIN consent_span AS b ON b.customer_id = a.customer_id AND b.channel > a.channel
WHERE $bond_channels = 2 AND greatest(a.from_on, b.from_on) <= least(a.to_on, b.to_on)
UNION ALL
SELECT a.customer_id AS customer_id, a.from_on AS from_on, a.to_on AS to_on
FROM consent_span AS a
WHERE $bond_channels = 1;

CREATE OR REPLACE TABLE level_span AS
WITH first_order_of AS (
    SELECT o.customer_id AS customer_id, min(o.ordered_on) AS first_on,
           min(o.ordered_on) FILTER (WHERE o.orders_so_far >= 2) AS second_on,
           min(o.ordered_on) FILTER (WHERE o.orders_so_far >= n.orders) AS often_on
    FROM silence AS o CROSS JOIN often AS n
    GROUP BY o.customer_id
),
latest AS (
    SELECT a.customer_id AS customer_id, a.acted_on AS acted_on, a.department AS department,
           max(a.acted_on) FILTER (WHERE a.department = 'marketing') OVER w AS marketing,
           max(a.acted_on) FILTER (WHERE a.department = 'sales') OVER w AS sales,
           max(a.acted_on) FILTER (WHERE a.department = 'service') OVER w AS service,
           max(a.acted_on) FILTER (WHERE a.department = 'product') OVER w AS product
    FROM act AS a
    WINDOW w AS (PARTITION BY a.customer_id ORDER BY a.acted_on RANGE UNBOUNDED PRECEDING)
),
paired AS (
    SELECT l.customer_id AS customer_id, l.acted_on AS from_on,
           greatest(CASE WHEN l.department <> 'marketing' THEN l.marketing END,
                    CASE WHEN l.department <> 'sales' THEN l.sales END,
                    CASE WHEN l.department <> 'service' THEN l.service END,
                    CASE WHEN l.department <> 'product' THEN l.product END) + $department_days - 1 AS to_on
    FROM latest AS l
),
bond AS (
    SELECT o.customer_id AS customer_id,
           greatest(o.ordered_on, f.often_on, f.first_on + $bond_days, t.from_on, r.from_on) AS from_on,
           least(o.at_risk_on - 1, r.to_on) AS to_on
    FROM silence AS o
    JOIN first_order_of AS f ON f.customer_id = o.customer_id
    JOIN trusted AS t ON t.customer_id = o.customer_id
    JOIN reach_span AS r ON r.customer_id = o.customer_id
    WHERE f.often_on IS NOT NULL
),
held AS (
    SELECT f.customer_id AS customer_id, 1 AS level, f.first_on AS from_on, DATE '9999-01-01' AS to_on
    FROM first_order_of AS f
    UNION ALL
    SELECT a.customer_id AS customer_id, 1 AS level, greatest(a.acted_on, c.from_on) AS from_on,
           least(a.acted_on + $act_days - 1, c.to_on) AS to_on
    FROM act AS a JOIN consent_span AS c ON c.customer_id = a.customer_id
    UNION ALL
    SELECT f.customer_id AS customer_id, 2 AS level, f.second_on AS from_on, DATE '9999-01-01' AS to_on
    FROM first_order_of AS f WHERE f.second_on IS NOT NULL
    UNION ALL
    SELECT b.customer_id AS customer_id, 2 AS level, b.from_on AS from_on, b.to_on AS to_on FROM paired AS b
    UNION ALL
    SELECT b.customer_id AS customer_id, 3 AS level, b.from_on AS from_on, b.to_on AS to_on FROM bond AS b
)
SELECT h.customer_id AS customer_id, h.level AS level, h.from_on AS from_on, h.to_on AS to_on
FROM held AS h
WHERE h.from_on <= h.to_on AND h.from_on <= $as_of;

-- A level lasts `down_after` days beyond its rule; spans closer than that are one stay.
CREATE OR REPLACE TABLE level_stay AS
WITH edged AS (
    SELECT s.customer_id AS customer_id, s.level AS level, s.from_on AS from_on, s.to_on + $down_after AS until_on,
           max(s.to_on) OVER (PARTITION BY s.customer_id, s.level ORDER BY s.from_on, s.to_on
                              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_on
    FROM level_span AS s
),
numbered AS (
    SELECT e.customer_id AS customer_id, e.level AS level, e.from_on AS from_on, e.until_on AS until_on,
           sum(CASE WHEN e.from_on <= e.before_on + $down_after + 1 THEN 0 ELSE 1 END)
               OVER (PARTITION BY e.customer_id, e.level ORDER BY e.from_on, e.until_on) AS stay
    FROM edged AS e
)
SELECT n.customer_id AS customer_id, n.level AS level, min(n.from_on) AS from_on, max(n.until_on) AS until_on
FROM numbered AS n
GROUP BY n.customer_id, n.level, n.stay;

DROP TABLE often;
DROP TABLE trusted;
DROP TABLE reach_span;
