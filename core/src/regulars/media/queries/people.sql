-- Per person: what they are worth, on which own channels they are reached, and which other media know them.
-- Combinations of channel, kind and medium were classed before; $media says how.
CREATE OR REPLACE TEMP TABLE media_touch AS
WITH class AS (
    SELECT unnest(CAST($channels AS VARCHAR[])) AS channel, unnest(CAST($kinds AS VARCHAR[])) AS kind,
           unnest(CAST($told AS VARCHAR[])) AS told, unnest(CAST($media AS VARCHAR[])) AS media
)
SELECT coalesce(f.customer_id, e.customer_id) AS customer_id, c.media AS media, count(*) AS touches
FROM touches AS t
JOIN class AS c ON c.channel = coalesce(t.channel, '') AND c.kind = t.kind AND c.told = coalesce(t.media, '')
LEFT JOIN profile AS f ON f.connection = t.connection AND f.person_id = t.person_id
LEFT JOIN (
    SELECT x.email AS email, min(x.customer_id) AS customer_id FROM customer AS x
    WHERE x.email IS NOT NULL GROUP BY x.email
) AS e ON t.person_id IS NULL AND e.email = lower(regexp_replace(t.email, '\s', '', 'g'))
WHERE NOT t.deleted AND CAST(timezone($zone, t.at) AS DATE) <= $as_of
GROUP BY 1, 2;

CREATE OR REPLACE TEMP TABLE media_audience AS
SELECT DISTINCT f.customer_id AS customer_id,
       CASE WHEN g.kind = 'follower' THEN coalesce(nullif(lower(trim(g.value)), 'true'), 'social')
            ELSE 'custom audience' END AS audience,
       CASE g.kind WHEN 'follower' THEN 'unowned' ELSE 'purchased' END AS media
FROM signals AS g JOIN profile AS f ON f.connection = g.connection AND f.person_id = g.person_id
WHERE NOT g.deleted AND g.kind IN ('follower', 'custom_audience')
  AND lower(coalesce(g.value, 'true')) NOT IN ('false', 'no', '0', '')
  AND (g.at IS NULL OR CAST(timezone($zone, g.at) AS DATE) <= $as_of)
UNION
SELECT f.customer_id AS customer_id, x.list AS audience, 'owned' AS media
FROM (
    SELECT p.connection AS connection, p.id AS person_id, unnest(p.lists) AS list
    FROM persons AS p WHERE NOT p.deleted
    UNION ALL
    SELECT m.connection AS connection, m.person_id AS person_id, m.list AS list
    FROM memberships AS m WHERE NOT m.deleted
) AS x JOIN profile AS f ON f.connection = x.connection AND f.person_id = x.person_id;

CREATE OR REPLACE TEMP TABLE media_person AS
WITH own AS (
    SELECT r.customer_id AS customer_id, list_sort(list(r.channel)) AS channels FROM reachable AS r
    GROUP BY r.customer_id
),
known AS (
    SELECT k.customer_id AS customer_id, bool_or(k.media IN ('unowned', 'purchased')) AS is_rented,
           bool_or(k.media = 'earned') AS is_earned
    FROM (
        SELECT t.customer_id AS customer_id, t.media AS media FROM media_touch AS t
        UNION ALL
        SELECT a.customer_id AS customer_id, a.media AS media FROM media_audience AS a
    ) AS k
    WHERE k.customer_id IS NOT NULL
    GROUP BY k.customer_id
)
SELECT c.customer_id AS customer_id, b.customer_id IS NOT NULL AS has_ordered, v.clv_12m_minor AS value_minor,
       coalesce(o.channels, []) AS channels, coalesce(k.is_rented, false) AS is_rented,
       CASE WHEN o.customer_id IS NOT NULL THEN 'owned' WHEN k.is_rented THEN 'rented'
            WHEN k.is_earned THEN 'earned' ELSE 'none' END AS best
FROM customer AS c
LEFT JOIN customer_value AS b ON b.customer_id = c.customer_id
LEFT JOIN {value} AS v ON v.customer_id = c.customer_id
LEFT JOIN own AS o ON o.customer_id = c.customer_id
LEFT JOIN known AS k ON k.customer_id = c.customer_id;
