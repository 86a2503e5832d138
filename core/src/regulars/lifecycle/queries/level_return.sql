-- Who stood on which level on $then_on, and how many of them ordered in the year since.
WITH known AS (
    SELECT c.customer_id AS customer_id FROM customer AS c WHERE CAST(timezone($zone, c.created_at) AS DATE) <= $then_on
    UNION
    SELECT a.customer_id AS customer_id FROM act AS a WHERE a.acted_on <= $then_on
),
stood AS (
    SELECT k.customer_id AS customer_id, coalesce(max(y.level), 0) AS level
    FROM known AS k
    LEFT JOIN level_stay AS y
        ON y.customer_id = k.customer_id AND y.from_on <= $then_on AND y.until_on >= $then_on
    GROUP BY k.customer_id
),
came AS (
    SELECT DISTINCT d.customer_id AS customer_id FROM silence AS d WHERE d.ordered_on > $then_on
)
SELECT s.level AS level, count(*) AS customers, count(c.customer_id) AS returned
FROM stood AS s
LEFT JOIN came AS c ON c.customer_id = s.customer_id
GROUP BY s.level
ORDER BY s.level
