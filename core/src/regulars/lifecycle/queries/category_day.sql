-- The days on which a customer ordered in a category: the product's type, as its line or the product itself
-- tells it. An order counts for each category in it; '' where nothing on that day has one. `next_on` is the next
-- such day of the same customer and category, `is_first` says that there was none before.
CREATE OR REPLACE TABLE category_day AS
WITH bought AS (
    SELECT s.customer_id AS customer_id, s.ordered_on AS ordered_on,
           coalesce(list(DISTINCT coalesce(nullif(trim(l.category), ''), nullif(trim(p.category), '')))
                        FILTER (WHERE coalesce(nullif(trim(l.category), ''), nullif(trim(p.category), '')) IS NOT NULL),
                    ['']) AS categories
    FROM {sale} AS s
    LEFT JOIN lines AS l ON l.connection = s.connection AND l.order_id = s.order_id AND NOT l.deleted
    LEFT JOIN products AS p ON p.connection = l.connection AND p.id = l.product_id AND NOT p.deleted
    WHERE s.kind = 'counted' AND s.customer_id IS NOT NULL AND s.ordered_on <= $as_of
    GROUP BY s.customer_id, s.ordered_on
),
entry AS (
    SELECT b.customer_id AS customer_id, unnest(b.categories) AS category, b.ordered_on AS ordered_on
    FROM bought AS b
)
SELECT e.customer_id AS customer_id, e.category AS category, e.ordered_on AS ordered_on,
       lead(e.ordered_on) OVER w AS next_on, row_number() OVER w = 1 AS is_first
FROM entry AS e
WINDOW w AS (PARTITION BY e.customer_id, e.category ORDER BY e.ordered_on);
