-- Every living profile of every connection under a keyed reference, guests of the shop included.
-- An address in normal form: lower case, no white space (shops store them that way).
CREATE OR REPLACE TEMP MACRO normal_email(email) AS lower(regexp_replace(email, '\s', '', 'g'));

CREATE OR REPLACE TEMP TABLE alias AS
WITH RECURSIVE chain(connection, id, target, depth) AS (
    SELECT connection, id, "into" AS target, 1 AS depth FROM merges WHERE NOT deleted
    UNION ALL
    SELECT c.connection, c.id, m."into" AS target, c.depth + 1 AS depth
    FROM chain AS c JOIN merges AS m ON m.connection = c.connection AND m.id = c.target AND NOT m.deleted
    WHERE c.depth < 20
)
SELECT connection, id, target FROM chain
QUALIFY row_number() OVER (PARTITION BY connection, id ORDER BY depth DESC, target) = 1;

-- The references of who was merged away and of the survivor. Where the old record is not known any more, it is
-- as old as its survivor.
CREATE OR REPLACE TEMP TABLE merged_key AS
SELECT reference($key, a.connection, a.id) AS former_key,
       reference($key, a.connection, a.target) AS profile_key,
       p.created_at AS created_at
FROM alias AS a LEFT JOIN persons AS p ON p.connection = a.connection AND p.id = a.id;

CREATE OR REPLACE TEMP TABLE guest AS
SELECT
    o.connection AS connection,
    'guest:' || left(sha256($key || '|guest|' || normal_email(o.email)), 20) AS person_id,
    normal_email(o.email) AS email,
    min(o.ordered_at) AS created_at,
    max(o.updated_at) AS updated_at
FROM orders AS o
WHERE NOT o.deleted AND o.person_id IS NULL AND coalesce(normal_email(o.email), '') <> ''
GROUP BY ALL;

CREATE OR REPLACE TABLE profile AS
SELECT
    p.connection AS connection,
    p.id AS person_id,
    reference($key, p.connection, p.id) AS profile_key,
    reference($key, p.connection, p.id) AS customer_id,
    'only this profile' AS reason,
    p.created_at AS created_at
FROM persons AS p
WHERE NOT p.deleted AND NOT EXISTS (SELECT 1 FROM alias AS a WHERE a.connection = p.connection AND a.id = p.id)
UNION ALL
SELECT
    g.connection AS connection,
    g.person_id AS person_id,
    reference($key, g.connection, g.person_id) AS profile_key,
    reference($key, g.connection, g.person_id) AS customer_id,
    'guest checkout' AS reason,
    g.created_at AS created_at
FROM guest AS g;

-- All addresses of each profile.
CREATE OR REPLACE TEMP TABLE address AS
SELECT DISTINCT f.profile_key AS profile_key, a.email AS email FROM (
    SELECT connection, id AS person_id, normal_email(email) AS email FROM persons WHERE NOT deleted
    UNION ALL
    SELECT connection, id AS person_id, normal_email(unnest(other_emails)) AS email
    FROM persons WHERE NOT deleted
    UNION ALL
    SELECT connection, person_id, email FROM guest
) AS a JOIN profile AS f ON f.connection = a.connection AND f.person_id = a.person_id
WHERE coalesce(a.email, '') <> '' AND contains(a.email, '@');
