-- Days from each order of a customer in a category to the next one, or to $as_of where none came yet; '' is the
-- whole shop. Somebody's last order in a category is one row without a next, their first with one means they came back.
CREATE OR REPLACE TEMP TABLE gap AS
SELECT c.category AS category, c.next_on IS NOT NULL AS came_back, c.is_first AND c.next_on IS NOT NULL AS returned,
       CAST(coalesce(c.next_on, $as_of) - c.ordered_on AS INTEGER) AS days
FROM category_day AS c
WHERE c.category <> ''
UNION ALL
SELECT '' AS category, true AS came_back, false AS returned, CAST(d.gap AS INTEGER) AS days
FROM customer_day AS d
WHERE d.gap IS NOT NULL
UNION ALL
SELECT '' AS category, false AS came_back, t.days > 1 AS returned, CAST($as_of - t.last_order_on AS INTEGER) AS days
FROM customer_total AS t
WHERE t.days > 0;

CREATE OR REPLACE TEMP TABLE gap_size AS
SELECT g.category AS category, count(*) FILTER (WHERE NOT g.came_back) AS buyers,
       count(*) FILTER (WHERE g.returned) AS customers,
       count(*) FILTER (WHERE g.came_back) AS gaps,
       quantile_disc(g.days, [0.25, 0.5, 0.75, 0.9, $at_risk_quantile, $lapsed_quantile])
           FILTER (WHERE g.came_back) AS q
FROM gap AS g
GROUP BY g.category;

-- Who came back after how many days, and who was still waiting then; where there are enough to say.
CREATE OR REPLACE TEMP TABLE gap_count AS
SELECT g.category AS category, g.days AS days, count(*) FILTER (WHERE g.came_back) AS ordered,
       count(*) FILTER (WHERE NOT g.came_back) AS censored
FROM gap AS g
JOIN gap_size AS z ON z.category = g.category AND z.customers >= $min_customers
GROUP BY g.category, g.days;

DROP TABLE gap;
