-- What was ever sold, by article number (or the product's id where there is none). `left_out`: gift cards,
-- shipping protection, samples, what never cost anything, and what the client excludes.
CREATE OR REPLACE TEMP TABLE sold_item AS
WITH sold AS (
    SELECT l.connection AS connection, l.product_id AS product_id,
           coalesce(nullif(trim(l.sku), ''), l.product_id) AS sku, max(l.title) AS title,
           max(l.category) AS category, bool_or(l.gift_card) AS gift_card, max(l.goods_minor) AS dearest
    FROM lines AS l
    WHERE NOT l.deleted AND coalesce(nullif(trim(l.sku), ''), l.product_id) IS NOT NULL
    GROUP BY l.connection, l.product_id, coalesce(nullif(trim(l.sku), ''), l.product_id)
),
described AS (
    SELECT s.sku AS sku, max(s.product_id) AS product_id, coalesce(max(nullif(p.title, '')), max(s.title)) AS title,
           coalesce(max(nullif(p.category, '')), max(s.category)) AS category,
           list_distinct(flatten(list(coalesce(p.tags, [])))) AS tags,
           bool_or(s.gift_card) OR max(s.dearest) <= 0 AS is_free,
           bool_and(coalesce(p.deleted OR lower(p.status) IN ('draft', 'archived'), false)) AS gone
    FROM sold AS s
    LEFT JOIN products AS p ON p.connection = s.connection AND p.id = s.product_id
    GROUP BY s.sku
)
SELECT CAST(row_number() OVER (ORDER BY d.sku) AS INTEGER) AS item, d.sku AS sku, d.product_id AS product_id,
       coalesce(nullif(d.title, ''), d.sku) AS title, d.category AS category,
       list_transform(d.tags, lambda t: lower(t)) AS tags, d.gone AS gone,
       d.is_free OR regexp_matches(lower(coalesce(d.title, '') || ' ' || coalesce(d.category, '')), $never)
           AS never_offered
FROM described AS d;

CREATE OR REPLACE TEMP TABLE selected AS
SELECT s.rule_id AS rule_id, s.side AS side, i.item AS item, min(s.days) AS days
FROM product_selector AS s
JOIN sold_item AS i ON CASE s.kind WHEN 'sku' THEN lower(i.sku) = s.name
                                   WHEN 'type' THEN lower(i.category) = s.name
                                   WHEN 'product' THEN lower(i.product_id) = s.name
                                   WHEN 'tag' THEN list_contains(i.tags, s.name)
                                   ELSE contains(lower(i.title), s.name) END
GROUP BY s.rule_id, s.side, i.item;

CREATE OR REPLACE TABLE product_item AS
SELECT i.item AS item, i.sku AS sku, i.product_id AS product_id, i.title AS title, i.category AS category,
       i.gone AS gone, i.never_offered OR x.item IS NOT NULL AS left_out, u.days AS used_up_after
FROM sold_item AS i
LEFT JOIN selected AS x ON x.side = 'exclude' AND x.item = i.item
LEFT JOIN selected AS u ON u.side = 'replenish' AND u.item = i.item;

DROP TABLE sold_item;
