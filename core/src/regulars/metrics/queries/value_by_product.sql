-- Per product of the first day with an order: customers, their net sales so far, those of them who are predicted
-- and what they are expected to bring in 12 months. Whoever began with several counts for each; all
-- customers, each once, are the row without a product.
WITH bought AS ({first_product}),
began AS (
    SELECT b.customer_id AS customer_id, b.product AS product FROM bought AS b
    UNION ALL
    SELECT f.customer_id AS customer_id, NULL AS product FROM first_order AS f WHERE f.first_order_on <= $as_of
)
SELECT b.product AS first, count(*) AS people, CAST(sum(v.net_minor) AS HUGEINT) AS net_minor,
       count(p.customer_id) AS predicted, CAST(coalesce(sum(p.clv_12m_minor), 0) AS HUGEINT) AS clv_12m_minor
FROM began AS b
JOIN customer_value AS v ON v.customer_id = b.customer_id
LEFT JOIN customer_clv AS p ON p.customer_id = b.customer_id
GROUP BY 1
ORDER BY b.product IS NULL, count(*) DESC, 1
