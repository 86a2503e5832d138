-- Pairs of products by person, first A and then B (or both at once), over 365 days. Who bought more than
-- $most products is a reseller or a shared account, and would weigh thousands of pairs: they are not counted.
CREATE OR REPLACE TEMP TABLE first_purchase AS
WITH bought AS (
    SELECT h.buyer AS buyer, h.item AS item, h.first_at AS first_at, count(*) OVER (PARTITION BY h.buyer) AS items
    FROM holding AS h
    JOIN product_item AS i ON i.item = h.item
    WHERE h.first_at IS NOT NULL AND NOT i.left_out
)
SELECT b.buyer AS buyer, b.item AS item, b.first_at AS first_at, b.items AS items,
       count(*) FILTER (WHERE b.items <= $most) OVER (PARTITION BY b.item) AS people
FROM bought AS b;

CREATE OR REPLACE TEMP TABLE pair_count AS
SELECT a.item AS item, b.item AS then_item, count(*) AS people,
       count(*) FILTER (WHERE b.first_at = a.first_at) AS at_once
FROM first_purchase AS a
JOIN first_purchase AS b ON b.buyer = a.buyer AND b.item <> a.item AND b.first_at >= a.first_at
WHERE a.items BETWEEN 2 AND $most AND a.people >= $least AND b.people >= $least
GROUP BY a.item, b.item;
