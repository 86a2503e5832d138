-- Everybody once, by source and by how far they got: 0 known, 1 reachable, 2 ordered, 3 ordered again.
WITH far AS (
    SELECT t.source AS source, v.customer_id IS NOT NULL AND r.customer_id IS NULL AS is_out_of_reach,
           CASE WHEN v.orders_count >= 2 THEN 3 WHEN v.orders_count = 1 THEN 2
                WHEN r.customer_id IS NOT NULL THEN 1 ELSE 0 END AS step
    FROM first_touch AS t
    LEFT JOIN customer_value AS v ON v.customer_id = t.customer_id
    LEFT JOIN (SELECT DISTINCT x.customer_id AS customer_id FROM reachable AS x) AS r
        ON r.customer_id = t.customer_id
)
SELECT f.source AS source, count(*) AS known, count(*) FILTER (WHERE f.step >= 1) AS reachable,
       count(*) FILTER (WHERE f.step >= 2) AS ordered, count(*) FILTER (WHERE f.step = 3) AS again,
       count(*) FILTER (WHERE f.is_out_of_reach) AS out_of_reach
FROM far AS f
GROUP BY f.source
ORDER BY known DESC, source
