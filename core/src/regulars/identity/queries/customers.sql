-- Clusters become customers; a customer is called by the key of its oldest profile, also where that is gone: a name
-- that changed would draw the holdouts anew.
CREATE OR REPLACE TEMP TABLE former_name AS
SELECT x.profile_key AS profile_key, x.former_key AS customer_id, coalesce(x.created_at, f.created_at) AS created_at
FROM former AS x JOIN profile AS f ON f.profile_key = x.profile_key;

CREATE OR REPLACE TEMP TABLE anchor AS
WITH name AS (
    SELECT c.cluster AS cluster, f.profile_key AS customer_id, f.created_at AS created_at, 1 AS living
    FROM cluster_member AS c JOIN profile AS f ON f.profile_key = c.profile_key
    WHERE c.held_back IS NULL
    UNION ALL
    SELECT c.cluster AS cluster, x.customer_id AS customer_id, x.created_at AS created_at, 0 AS living
    FROM cluster_member AS c JOIN former_name AS x ON x.profile_key = c.profile_key
    WHERE c.held_back IS NULL
)
SELECT n.cluster AS cluster, n.customer_id AS customer_id
FROM name AS n
QUALIFY row_number() OVER (PARTITION BY n.cluster ORDER BY n.created_at NULLS LAST, n.living, n.customer_id) = 1;

-- The same for those who are a customer by themselves.
CREATE OR REPLACE TEMP TABLE lone_anchor AS
SELECT x.profile_key AS profile_key, min_by(x.customer_id, (x.created_at, x.customer_id)) AS customer_id
FROM former_name AS x
JOIN profile AS f ON f.profile_key = x.profile_key
WHERE f.created_at IS NULL OR x.created_at <= f.created_at
GROUP BY x.profile_key;

CREATE OR REPLACE TABLE profile AS
SELECT
    f.connection AS connection,
    f.person_id AS person_id,
    f.profile_key AS profile_key,
    coalesce(a.customer_id, l.customer_id, f.customer_id) AS customer_id,
    CASE
        WHEN c.held_back IS NOT NULL THEN 'not joined: ' || c.held_back
        WHEN a.customer_id = f.profile_key THEN 'oldest profile'
        WHEN c.kind IS NOT NULL THEN c.kind
        ELSE f.reason
    END AS reason,
    f.created_at AS created_at,
    c.held_back AS held_back
FROM profile AS f
LEFT JOIN cluster_member AS c ON c.profile_key = f.profile_key
LEFT JOIN anchor AS a ON a.cluster = c.cluster AND c.held_back IS NULL
LEFT JOIN lone_anchor AS l ON l.profile_key = f.profile_key;

-- Every name that a customer was ever written down under, and the one it has today.
CREATE OR REPLACE TABLE former_key AS
SELECT x.former_key AS profile_key, f.customer_id AS customer_id
FROM former AS x JOIN profile AS f ON f.profile_key = x.profile_key;
CREATE OR REPLACE VIEW known_as AS
SELECT profile_key, customer_id FROM profile UNION ALL SELECT profile_key, customer_id FROM former_key;

-- Each field from the profile that changed last and has it, with its origin; an address that came back
-- for good only where the person has no other.
CREATE OR REPLACE TABLE customer_field AS
WITH dead AS (
    SELECT DISTINCT normal_email(b.email) AS email FROM bounces AS b WHERE NOT b.deleted AND b.kind = 'hard'
),
told AS (
    SELECT f.customer_id AS customer_id, p.connection AS connection, p.id AS record_id, p.updated_at AS seen_at,
           normal_email(p.email) AS email, p.first_name AS first_name, p.last_name AS last_name,
           upper(p.country) AS country, p.phone AS phone, p.company AS company
    FROM persons AS p
    JOIN profile AS f ON f.connection = p.connection AND f.person_id = p.id
    WHERE NOT p.deleted
    UNION ALL
    SELECT f.customer_id, g.connection, g.person_id, g.updated_at, g.email, NULL, NULL, NULL, NULL, NULL
    FROM guest AS g JOIN profile AS f ON f.connection = g.connection AND f.person_id = g.person_id
),
placed AS (
    SELECT t.*, row_number() OVER (PARTITION BY t.customer_id
                                   ORDER BY t.seen_at DESC, t.connection, t.record_id) AS place,
           CASE WHEN d.email IS NOT NULL THEN 1000000 ELSE 0 END AS late
    FROM told AS t LEFT JOIN dead AS d ON d.email = t.email
),
best AS (
    SELECT p.customer_id AS customer_id,
           min(p.place + p.late) FILTER (coalesce(trim(p.email), '') <> '') AS email,
           min(p.place) FILTER (coalesce(trim(p.first_name), '') <> '') AS first_name,
           min(p.place) FILTER (coalesce(trim(p.last_name), '') <> '') AS last_name,
           min(p.place) FILTER (coalesce(trim(p.country), '') <> '') AS country,
           min(p.place) FILTER (coalesce(trim(p.phone), '') <> '') AS phone,
           min(p.place) FILTER (coalesce(trim(p.company), '') <> '') AS company
    FROM placed AS p
    GROUP BY p.customer_id
),
found AS (
    SELECT p.customer_id AS customer_id, p.connection AS connection, p.record_id AS record_id, p.seen_at AS seen_at,
           unnest([
               CASE WHEN b.email = p.place + p.late THEN struct_pack(field := 'email', value := p.email) END,
               CASE WHEN b.first_name = p.place THEN struct_pack(field := 'first_name', value := p.first_name) END,
               CASE WHEN b.last_name = p.place THEN struct_pack(field := 'last_name', value := p.last_name) END,
               CASE WHEN b.country = p.place THEN struct_pack(field := 'country', value := p.country) END,
               CASE WHEN b.phone = p.place THEN struct_pack(field := 'phone', value := p.phone) END,
               CASE WHEN b.company = p.place THEN struct_pack(field := 'company', value := p.company) END
           ]) AS told
    FROM placed AS p JOIN best AS b ON b.customer_id = p.customer_id
)
SELECT f.customer_id AS customer_id, f.told.field AS field, f.told.value AS value, f.connection AS connection,
       f.record_id AS record_id, f.seen_at AS seen_at
FROM found AS f
WHERE f.told IS NOT NULL;

CREATE OR REPLACE TABLE customer AS
SELECT
    f.customer_id AS customer_id,
    max(v.value) FILTER (v.field = 'email') AS email,
    max(v.connection) FILTER (v.field = 'email') AS email_connection,
    max(v.value) FILTER (v.field = 'first_name') AS first_name,
    max(v.value) FILTER (v.field = 'last_name') AS last_name,
    max(v.value) FILTER (v.field = 'country') AS country,
    max(v.value) FILTER (v.field = 'phone') AS phone,
    any_value(f.created_at) AS created_at,
    any_value(f.profiles) AS profiles,
    any_value(f.held_back) AS held_back
FROM (
    SELECT customer_id, min(created_at) AS created_at, count(*) AS profiles, max(held_back) AS held_back
    FROM profile GROUP BY customer_id
) AS f LEFT JOIN customer_field AS v ON v.customer_id = f.customer_id
GROUP BY f.customer_id;
