-- Everybody inside the rule, with the first reason that concerns the person or the address.
WITH bounced_profile AS (
    SELECT DISTINCT f.customer_id AS customer_id
    FROM persons AS p JOIN profile AS f ON f.connection = p.connection AND f.person_id = p.id
    JOIN bounced_address AS b ON b.address = plain_address(p.email)
    WHERE NOT p.deleted AND b.hard
),
-- A confirmed new address counts once it is a member of its own: subscribed there, and not bouncing.
resolved AS (
    SELECT DISTINCT f.customer_id AS customer_id
    FROM (SELECT unnest($confirmed_ids::VARCHAR[]) AS customer_id, unnest($confirmed::VARCHAR[]) AS address) AS n
    JOIN profile AS f ON f.customer_id = n.customer_id
    JOIN persons AS p ON p.connection = f.connection AND p.id = f.person_id AND NOT p.deleted
        AND plain_address(p.email) = n.address
    JOIN consents AS c ON c.connection = p.connection AND c.person_id = p.id AND NOT c.deleted
        AND c.channel = 'email' AND c.state = 'subscribed'
    LEFT JOIN bounced_address AS b ON b.address = n.address AND b.hard
    WHERE b.address IS NULL
),
bought AS (
    SELECT x.customer_id AS customer_id, max(CAST(timezone($zone, o.ordered_at) AS DATE)) AS ordered_on
    FROM orders AS o JOIN order_customer AS x ON x.connection = o.connection AND x.order_id = o.id
    WHERE NOT o.deleted AND NOT o.test AND o.cancelled_at IS NULL
    GROUP BY x.customer_id
)
SELECT
    i.customer_id AS customer_id,
    i.email AS email,
    CASE
        WHEN v.state IN ('unsubscribed', 'complained', 'withdrawn', 'erased') THEN 'withdrawn'
        WHEN coalesce(v.verdict, 'no') <> 'yes' OR coalesce(i.email_consent, 'no') <> 'yes'
            THEN 'consent_unknown'
        WHEN coalesce(i.email, '') = '' THEN 'no_address'
        WHEN i.email_deliverable = 'no' THEN 'bounced'
        WHEN (p.customer_id IS NOT NULL OR coalesce(b.hard, false)) AND r.customer_id IS NULL THEN 'bounced'
        WHEN coalesce(i.email_deliverable, 'unknown') <> 'yes' THEN 'not_deliverable'
    END AS reason,
    coalesce(o.ordered_on > i.last_order_on, false) AS ordered_since,
    coalesce($on - i.last_order_on + $series >= i.act_before, false) AS too_late
FROM inside AS i
LEFT JOIN verdict AS v ON v.customer_id = i.customer_id AND v.channel = 'email'
LEFT JOIN bounced_profile AS p ON p.customer_id = i.customer_id
LEFT JOIN bounced_address AS b ON b.address = i.email
LEFT JOIN resolved AS r ON r.customer_id = i.customer_id
LEFT JOIN bought AS o ON o.customer_id = i.customer_id
ORDER BY i.customer_id;
