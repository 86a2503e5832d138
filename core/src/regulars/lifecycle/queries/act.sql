-- What people did themselves, by day and department. Mail sent to them and opens (which machines
-- do as well) are no acts; an admin's entry is no act of the person.
-- A profile that was merged on its platform acts for the one it became.
CREATE OR REPLACE TEMP TABLE known_profile AS
WITH RECURSIVE chain(connection, id, target, depth) AS (
    SELECT m.connection, m.id, m."into" AS target, 1 AS depth FROM merges AS m WHERE NOT m.deleted
    UNION ALL
    SELECT c.connection, c.id, m."into" AS target, c.depth + 1 AS depth
    FROM chain AS c JOIN merges AS m ON m.connection = c.connection AND m.id = c.target AND NOT m.deleted
    WHERE c.depth < 20
),
named AS (
    SELECT f.connection AS connection, f.person_id AS person_id, f.customer_id AS customer_id FROM profile AS f
    UNION
    SELECT c.connection AS connection, c.id AS person_id, f.customer_id AS customer_id
    FROM chain AS c JOIN profile AS f ON f.connection = c.connection AND f.person_id = c.target
)
SELECT n.connection AS connection, n.person_id AS person_id, n.customer_id AS customer_id,
       lower(trim(p.email)) AS email
FROM named AS n
LEFT JOIN persons AS p ON p.connection = n.connection AND p.id = n.person_id AND NOT p.deleted;

CREATE OR REPLACE TABLE act AS
WITH touched AS (
    SELECT t.connection AS connection, t.person_id AS person_id, lower(trim(t.email)) AS email, t.kind AS kind,
           CAST(timezone($zone, t.at) AS DATE) AS acted_on,
           coalesce(t.department, CASE WHEN t.kind = 'ticket' THEN 'service' WHEN t.kind = 'review' THEN 'product'
                                       ELSE 'marketing' END) AS department
    FROM touches AS t
    WHERE NOT t.deleted AND t.kind NOT IN ('sent', 'delivered', 'open', 'bounce', 'unsubscribe', 'complaint')
),
entry AS (
    SELECT k.customer_id AS customer_id, t.acted_on AS acted_on, t.department AS department
    FROM touched AS t
    JOIN known_profile AS k ON k.connection = t.connection AND k.person_id = t.person_id
    UNION ALL
    SELECT k.customer_id AS customer_id, t.acted_on AS acted_on, t.department AS department
    FROM touched AS t
    JOIN known_profile AS k ON k.connection = t.connection AND k.email = t.email
    WHERE t.person_id IS NULL
    UNION ALL
    SELECT k.customer_id AS customer_id, CAST(timezone($zone, g.at) AS DATE) AS acted_on,
           CASE WHEN g.kind = 'open_ticket' THEN 'service' WHEN g.kind = 'event' THEN 'marketing' ELSE 'product' END
               AS department
    FROM signals AS g
    JOIN known_profile AS k ON k.connection = g.connection AND k.person_id = g.person_id
    WHERE NOT g.deleted AND g.at IS NOT NULL AND lower(coalesce(g.value, 'true')) NOT IN ('false', 'no', '0', '')
    UNION ALL
    SELECT k.customer_id AS customer_id, CAST(timezone($zone, c.at) AS DATE) AS acted_on, 'marketing' AS department
    FROM consents AS c
    JOIN known_profile AS k ON k.connection = c.connection AND k.person_id = c.person_id
    WHERE NOT c.deleted AND c.state = 'subscribed' AND c.at IS NOT NULL AND coalesce(c.by, 'unknown') <> 'admin'
    UNION ALL
    SELECT d.customer_id AS customer_id, d.ordered_on AS acted_on, 'sales' AS department
    FROM customer_day AS d WHERE d.orders > 0
)
SELECT DISTINCT e.customer_id AS customer_id, e.acted_on AS acted_on, e.department AS department
FROM entry AS e
WHERE e.acted_on <= $as_of;

-- From when to when somebody consented on a channel. Who unsubscribed had consented until the day before.
CREATE OR REPLACE TABLE consent_span AS
WITH said AS (
    SELECT k.customer_id AS customer_id,
           CASE WHEN c.channel = 'sms' THEN 'phone' ELSE c.channel END AS channel,
           CASE WHEN c.state = 'subscribed'
                THEN coalesce(CAST(timezone($zone, c.at) AS DATE), DATE '0001-01-01') ELSE DATE '0001-01-01' END
               AS from_on,
           CASE WHEN c.state = 'subscribed' THEN DATE '9999-12-31'
                ELSE coalesce(CAST(timezone($zone, c.at) AS DATE) - 1, DATE '0001-01-01') END AS to_on
    FROM consents AS c
    JOIN known_profile AS k ON k.connection = c.connection AND k.person_id = c.person_id
    WHERE NOT c.deleted AND c.state IN ('subscribed', 'unsubscribed', 'complained')
)
SELECT s.customer_id AS customer_id, s.channel AS channel, max(s.from_on) AS from_on, min(s.to_on) AS to_on
FROM said AS s
GROUP BY s.customer_id, s.channel
HAVING max(s.from_on) <= min(s.to_on) AND max(s.from_on) <= $as_of;

DROP TABLE known_profile;
