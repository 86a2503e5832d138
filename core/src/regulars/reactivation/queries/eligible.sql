-- Every bounced address once, with the first reason against looking for a new one (NULL: eligible).
WITH owner AS (
    SELECT email AS address, min(customer_id) AS customer_id, count(*) AS owners, max(held_back) AS held_back
    FROM customer WHERE coalesce(email, '') <> '' GROUP BY email
)
SELECT
    b.address AS address,
    o.customer_id AS customer_id,
    CASE
        WHEN b.complaint THEN 'complained'
        WHEN NOT b.hard AND b.block THEN 'blocked'
        WHEN NOT b.hard THEN 'soft'
        WHEN o.customer_id IS NULL THEN 'not_current'
        WHEN o.owners > 1 OR o.held_back IS NOT NULL THEN 'several_people'
        WHEN list_contains($roles::VARCHAR[], split_part(b.address, '@', 1)) THEN 'role_address'
        WHEN o.customer_id IN (FROM withdrawn_customer) OR b.address IN (FROM withdrawn_address)
            THEN 'withdrawn'
        WHEN list_contains($refused::VARCHAR[], o.customer_id) THEN 'refused'
        WHEN coalesce(c.country, '') = '' THEN 'country_unknown'
        WHEN NOT list_contains($jurisdictions::VARCHAR[], c.country) THEN 'country'
        WHEN coalesce(v.orders_count, 0) < $min_orders THEN 'too_few_orders'
        WHEN list_contains($open::VARCHAR[], o.customer_id) OR list_contains($open::VARCHAR[], r.reference)
            THEN 'in_a_job'
        WHEN list_contains($recent::VARCHAR[], o.customer_id) OR list_contains($recent::VARCHAR[], r.reference)
            THEN 'recent'
    END AS reason,
    r.reference AS reference
FROM bounced_address AS b
JOIN (
    SELECT address, left(sha256($key || '|address|' || address), 20) AS reference FROM bounced_address
) AS r ON r.address = b.address
LEFT JOIN owner AS o ON o.address = b.address
LEFT JOIN customer AS c ON c.customer_id = o.customer_id
LEFT JOIN customer_value AS v ON v.customer_id = o.customer_id
ORDER BY v.net_minor DESC NULLS LAST, b.address;
