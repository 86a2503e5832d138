-- Pairs of products by person, first A and then B (or both at once), over 365 days. Who bought more than
-- $most products is a reseller or a shared account, and would weigh thousands of pairs: they are not counted.
-- Counts are grouped and joined: of a million buyers, windows over them took a hundred times as long. In the buyers'
-- order, the pairs of one stand together.
CREATE OR REPLACE TEMP TABLE first_purchase AS
WITH bought AS (
    SELECT h.buyer AS buyer, h.item AS item, h.first_at AS first_at
    FROM holding AS h
    JOIN product_item AS i ON i.item = h.item
    WHERE h.first_at IS NOT NULL AND NOT i.left_out
),
by_buyer AS (
    SELECT b.buyer AS buyer, count(*) AS items FROM bought AS b GROUP BY b.buyer
),
by_item AS (
    SELECT b.item AS item, count(*) FILTER (WHERE y.items <= $most) AS people
    FROM bought AS b JOIN by_buyer AS y ON y.buyer = b.buyer
    GROUP BY b.item
)
SELECT b.buyer AS buyer, b.item AS item, b.first_at AS first_at, y.items AS items, t.people AS people
FROM bought AS b
JOIN by_buyer AS y ON y.buyer = b.buyer
JOIN by_item AS t ON t.item = b.item
ORDER BY b.buyer;

CREATE OR REPLACE TEMP TABLE pair_count AS
SELECT a.item AS item, b.item AS then_item, count(*) AS people,
       count(*) FILTER (WHERE b.first_at = a.first_at) AS at_once
FROM first_purchase AS a
JOIN first_purchase AS b ON b.buyer = a.buyer AND b.item <> a.item AND b.first_at >= a.first_at
WHERE a.items BETWEEN 2 AND $most AND a.people >= $least AND b.people >= $least
GROUP BY a.item, b.item;
