-- Pairs that pass every test but that of chance over all pairs. `expected` is what the two products' own
-- frequencies give; `lift` = people / expected; `lift_low` the lower end of its 95 % interval (Byar's
-- approximation to the exact limits of a count); `z` how far the count is from what is expected.
CREATE OR REPLACE TABLE bought_together AS
WITH size AS (
    SELECT f.item AS item, max(f.people) AS people FROM first_purchase AS f GROUP BY f.item
),
measured AS (
    SELECT p.item AS item, p.then_item AS then_item, p.people AS people, p.at_once AS at_once,
           a.people AS from_people, b.people AS to_people,
           CAST(p.people AS DOUBLE) / a.people AS confidence, m.lead * t.follow AS expected
    FROM pair_count AS p
    JOIN size AS a ON a.item = p.item
    JOIN size AS b ON b.item = p.then_item
    JOIN pair_margin AS m ON m.item = p.item
    JOIN pair_margin AS t ON t.item = p.then_item
    JOIN product_item AS x ON x.item = p.item
    JOIN product_item AS y ON y.item = p.then_item
    WHERE p.people >= $least AND (x.product_id IS NULL OR x.product_id IS DISTINCT FROM y.product_id)
      -- The same order for nine in ten buyers of either: a bundle.
      AND p.at_once < 0.9 * (a.people + b.people - p.at_once)
)
SELECT m.item AS item, m.then_item AS then_item, x.sku AS sku, y.sku AS then_sku, x.title AS title,
       y.title AS then_title, m.people AS people, m.at_once AS at_once, m.from_people AS from_people,
       m.to_people AS to_people, m.expected AS expected, m.confidence AS confidence,
       m.people / m.expected AS lift,
       m.people * pow(1 - 1 / (9.0 * m.people) - 1.959964 / (3 * sqrt(m.people)), 3) / m.expected AS lift_low,
       3 * sqrt(m.people) * (1 - 1 / (9.0 * m.people) - cbrt(m.expected / m.people)) AS z
FROM measured AS m
JOIN product_item AS x ON x.item = m.item
JOIN product_item AS y ON y.item = m.then_item
WHERE m.confidence >= 0.10 AND m.people > m.expected
  AND m.people * pow(1 - 1 / (9.0 * m.people) - 1.959964 / (3 * sqrt(m.people)), 3) > 1.2 * m.expected
ORDER BY lift_low DESC, m.item, m.then_item;
