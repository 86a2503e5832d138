-- Clusters become customers; a customer is called by the key of its oldest profile.
CREATE OR REPLACE TEMP TABLE anchor AS
SELECT c.cluster AS cluster, f.profile_key AS customer_id
FROM cluster_member AS c JOIN profile AS f ON f.profile_key = c.profile_key
WHERE c.held_back IS NULL
QUALIFY row_number() OVER (PARTITION BY c.cluster ORDER BY f.created_at NULLS LAST, f.profile_key) = 1;

CREATE OR REPLACE TABLE profile AS
SELECT
    f.connection AS connection,
    f.person_id AS person_id,
    f.profile_key AS profile_key,
    coalesce(a.customer_id, f.customer_id) AS customer_id,
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
LEFT JOIN anchor AS a ON a.cluster = c.cluster AND c.held_back IS NULL;

-- Each field from the profile that changed last and has it, with its origin; an address that came back
-- for good only where the person has no other.
CREATE OR REPLACE TABLE customer_field AS
WITH dead AS (
    SELECT DISTINCT normal_email(b.email) AS email FROM bounces AS b WHERE NOT b.deleted AND b.kind = 'hard'
), value AS (
    SELECT f.customer_id AS customer_id, v.field AS field, v.value AS value, p.connection AS connection,
           p.id AS record_id, p.updated_at AS seen_at
    FROM persons AS p
    JOIN profile AS f ON f.connection = p.connection AND f.person_id = p.id
    CROSS JOIN LATERAL (VALUES
        ('email', normal_email(p.email)), ('first_name', p.first_name), ('last_name', p.last_name),
        ('country', upper(p.country)), ('phone', p.phone), ('company', p.company)
    ) AS v(field, value)
    WHERE NOT p.deleted AND coalesce(trim(v.value), '') <> ''
    UNION ALL
    SELECT f.customer_id, 'email', g.email, g.connection, g.person_id, g.updated_at
    FROM guest AS g JOIN profile AS f ON f.connection = g.connection AND f.person_id = g.person_id
)
SELECT v.customer_id, v.field, v.value, v.connection, v.record_id, v.seen_at
FROM value AS v LEFT JOIN dead AS d ON v.field = 'email' AND d.email = v.value
QUALIFY row_number() OVER (PARTITION BY v.customer_id, v.field
    ORDER BY d.email IS NOT NULL, v.seen_at DESC, v.connection, v.record_id) = 1;

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
