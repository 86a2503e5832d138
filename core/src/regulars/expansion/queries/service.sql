-- Service before the sale: who has an open ticket, a refund or a complaint within $after_refund days. From this
-- table people are kept out of every promotion, whatever its rule says.
CREATE OR REPLACE TABLE service_hold AS
WITH newest AS (
    SELECT f.customer_id AS customer_id, CAST(timezone($zone, g.at) AS DATE) AS said_on,
           lower(coalesce(g.value, 'true')) NOT IN ('false', 'no', '0', '', 'closed', 'solved', 'resolved') AS holds
    FROM signals AS g
    JOIN profile AS f ON f.connection = g.connection AND f.person_id = g.person_id
    WHERE NOT g.deleted AND g.kind = 'open_ticket'
      AND (g.at IS NULL OR CAST(timezone($zone, g.at) AS DATE) <= $as_of)
    -- Of each person on a platform the newest word, and every mapped property, which is a word of tonight: a ticket
    -- that is open by one of them is open.
    QUALIFY starts_with(g.id, 'mapped:')
        OR row_number() OVER (PARTITION BY g.connection, g.person_id, starts_with(g.id, 'mapped:')
                              ORDER BY g.at DESC NULLS LAST, g.updated_at DESC, g.id) = 1
),
complained AS (
    SELECT c.connection AS connection, c.person_id AS person_id, NULL AS email, c.at AS at
    FROM consents AS c WHERE NOT c.deleted AND c.state = 'complained'
    UNION ALL
    SELECT t.connection AS connection, t.person_id AS person_id, lower(trim(t.email)) AS email, t.at AS at
    FROM touches AS t WHERE NOT t.deleted AND t.kind = 'complaint'
    UNION ALL
    SELECT b.connection AS connection, b.person_id AS person_id, lower(trim(b.email)) AS email, b.at AS at
    FROM bounces AS b WHERE NOT b.deleted AND b.kind = 'complaint'
),
address AS (
    SELECT p.connection AS connection, lower(trim(p.email)) AS email, min(f.customer_id) AS customer_id
    FROM persons AS p
    JOIN profile AS f ON f.connection = p.connection AND f.person_id = p.id
    WHERE NOT p.deleted AND p.email IS NOT NULL
    GROUP BY p.connection, lower(trim(p.email))
),
reason AS (
    SELECT n.customer_id AS customer_id, 'open ticket' AS reason, n.said_on AS since FROM newest AS n WHERE n.holds
    UNION ALL
    SELECT s.customer_id AS customer_id, 'refund' AS reason, CAST(timezone($zone, r.refunded_at) AS DATE) AS since
    FROM refunds AS r
    JOIN order_customer AS s ON s.connection = r.connection AND s.order_id = r.order_id
    WHERE NOT r.deleted AND s.customer_id IS NOT NULL
      AND CAST(timezone($zone, r.refunded_at) AS DATE) BETWEEN $as_of - ($after_refund - 1) AND $as_of
    UNION ALL
    SELECT coalesce(f.customer_id, a.customer_id) AS customer_id, 'complaint' AS reason,
           CAST(timezone($zone, c.at) AS DATE) AS since
    FROM complained AS c
    LEFT JOIN profile AS f ON f.connection = c.connection AND f.person_id = c.person_id
    LEFT JOIN address AS a ON c.person_id IS NULL AND a.connection = c.connection AND a.email = c.email
    WHERE CAST(timezone($zone, c.at) AS DATE) BETWEEN $as_of - ($after_refund - 1) AND $as_of
)
SELECT r.customer_id AS customer_id, r.reason AS reason, max(r.since) AS since
FROM reason AS r
WHERE r.customer_id IS NOT NULL
GROUP BY r.customer_id, r.reason;
