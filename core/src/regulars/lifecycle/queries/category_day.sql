-- The days on which a customer ordered in a category: the product's type, as its line or the product itself
-- tells it. An order counts for each category in it; '' where nothing on that day has one.
CREATE OR REPLACE TABLE category_day AS
WITH bought AS (
    SELECT s.customer_id AS customer_id, s.ordered_on AS ordered_on,
           coalesce(list(DISTINCT coalesce(nullif(trim(l.category), ''), nullif(trim(p.category), '')))
                        FILTER (WHERE coalesce(nullif(trim(l.category), ''), nullif(trim(p.category), '')) IS NOT NULL),
                    ['']) AS categories
    FROM sale AS s
    LEFT JOIN lines AS l ON l.connection = s.connection AND l.order_id = s.order_id AND NOT l.deleted
    LEFT JOIN products AS p ON p.connection = l.connection AND p.id = l.product_id AND NOT p.deleted
    WHERE s.kind = 'counted' AND s.customer_id IS NOT NULL AND s.ordered_on <= $as_of
    GROUP BY s.customer_id, s.ordered_on
)
SELECT b.customer_id AS customer_id, unnest(b.categories) AS category, b.ordered_on AS ordered_on
FROM bought AS b;

-- Days from each order of a customer in a category to the next one, or to $as_of where none came yet; '' is the
-- whole shop.
CREATE OR REPLACE TEMP TABLE gap AS
WITH entry AS (
    SELECT c.customer_id AS customer_id, c.category AS category, c.ordered_on AS ordered_on
    FROM category_day AS c WHERE c.category <> ''
    UNION ALL
    SELECT DISTINCT c.customer_id AS customer_id, '' AS category, c.ordered_on AS ordered_on FROM category_day AS c
),
followed AS (
    SELECT e.customer_id AS customer_id, e.category AS category, e.ordered_on AS ordered_on,
           lead(e.ordered_on) OVER (PARTITION BY e.customer_id, e.category ORDER BY e.ordered_on) AS next_on
    FROM entry AS e
)
SELECT f.customer_id AS customer_id, f.category AS category, f.next_on IS NOT NULL AS came_back,
       CAST(coalesce(f.next_on, $as_of) - f.ordered_on AS INTEGER) AS days
FROM followed AS f;

CREATE OR REPLACE TEMP TABLE gap_size AS
SELECT g.category AS category, count(DISTINCT g.customer_id) AS buyers,
       count(DISTINCT g.customer_id) FILTER (WHERE g.came_back) AS customers,
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
