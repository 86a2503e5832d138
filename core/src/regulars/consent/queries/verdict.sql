-- Profiles that were merged on their platform speak for the one they became.
CREATE OR REPLACE TEMP TABLE speaker AS
WITH RECURSIVE chain(connection, id, target, depth) AS (
    SELECT m.connection, m.id, m."into" AS target, 1 AS depth FROM merges AS m WHERE NOT m.deleted
    UNION ALL
    SELECT c.connection, c.id, m."into" AS target, c.depth + 1 AS depth
    FROM chain AS c JOIN merges AS m ON m.connection = c.connection AND m.id = c.target AND NOT m.deleted
    WHERE c.depth < 20
)
SELECT f.connection AS connection, f.person_id AS person_id, f.customer_id AS customer_id FROM profile AS f
UNION
SELECT c.connection AS connection, c.id AS person_id, f.customer_id AS customer_id
FROM chain AS c JOIN profile AS f ON f.connection = c.connection AND f.person_id = c.target;

-- Every address of a profile, also of one that is gone.
CREATE OR REPLACE TEMP TABLE profile_address AS
SELECT DISTINCT a.connection AS connection, a.person_id AS person_id,
       lower(regexp_replace(a.email, '\s', '', 'g')) AS email
FROM (
    SELECT p.connection AS connection, p.id AS person_id, p.email AS email FROM persons AS p
    UNION ALL
    SELECT p.connection AS connection, p.id AS person_id, unnest(p.other_emails) AS email FROM persons AS p
) AS a
WHERE coalesce(a.email, '') <> '';

-- Every address a customer is known by, on any platform.
CREATE OR REPLACE TEMP TABLE known_address AS
SELECT f.customer_id AS customer_id, a.email AS email
FROM profile_address AS a
JOIN speaker AS f ON f.connection = a.connection AND f.person_id = a.person_id
UNION
SELECT c.customer_id AS customer_id, c.email AS email FROM customer AS c WHERE c.email IS NOT NULL;

-- The numbers of every profile, in digits; also of one that is gone.
CREATE OR REPLACE TEMP TABLE profile_number AS
SELECT p.connection AS connection, p.id AS person_id, regexp_replace(p.phone, '[^0-9]', '', 'g') AS digits
FROM persons AS p
WHERE regexp_matches(p.phone, '[0-9]');

-- What profiles say themselves. A yes was given for an address or a number: where the profile has it no more, it is
-- a yes to nothing. What else there is to consent to (post, push) no profile tells the address of. Of a past day,
-- what was said from $until on is left out; a stop without a date always counts.
CREATE OR REPLACE TEMP TABLE said AS
WITH stated AS (
    SELECT s.connection AS connection, s.person_id AS person_id, s.channel AS channel, s.state AS state,
           lower(regexp_replace(s.address, '\s', '', 'g')) AS address, coalesce(s.at, s.updated_at) AS at
    FROM consents AS s
    WHERE (NOT s.deleted OR s.state IN ('unsubscribed', 'complained'))
      AND (s.at IS NULL OR $until IS NULL OR s.at < CAST($until AS TIMESTAMPTZ))
)
SELECT s.* FROM stated AS s
WHERE s.state <> 'subscribed' OR coalesce(s.address, '') = '' OR s.channel NOT IN ('email', 'sms', 'phone')
UNION ALL
SELECT s.* FROM stated AS s
SEMI JOIN profile_address AS a
    ON a.connection = s.connection AND a.person_id = s.person_id AND a.email = s.address
WHERE s.state = 'subscribed' AND s.channel = 'email' AND s.address <> ''
UNION ALL
SELECT s.* FROM stated AS s
SEMI JOIN profile_number AS n
    ON n.connection = s.connection AND n.person_id = s.person_id
   AND n.digits = regexp_replace(s.address, '[^0-9]', '', 'g')
WHERE s.state = 'subscribed' AND s.channel IN ('sms', 'phone') AND s.address <> '';

-- All that was ever said about a customer: by profile; a stop also by each address of the profile that stated
-- it, one for texts or calls also by its number, and also where that profile is gone (deleting or merging a profile
-- withdraws no opt-out).
CREATE OR REPLACE TEMP TABLE statement AS
WITH told AS (
    SELECT s.connection AS connection, s.person_id AS person_id, s.channel AS channel, s.state AS state,
           s.address AS address, s.at AS at
    FROM said AS s
    UNION ALL
    SELECT b.connection AS connection, b.person_id AS person_id, 'email' AS channel, 'complained' AS state,
           lower(regexp_replace(b.email, '\s', '', 'g')) AS address, coalesce(b.at, b.updated_at) AS at
    FROM bounces AS b
    WHERE b.kind = 'complaint'
),
stop AS (
    SELECT s.channel AS channel, s.state AS state, s.connection AS connection, s.at AS at, s.address AS address,
           s.person_id AS person_id
    FROM told AS s
    WHERE s.state IN ('unsubscribed', 'complained')
),
spread AS (
    SELECT s.channel AS channel, s.state AS state, s.connection AS connection, s.at AS at, s.address AS email
    FROM stop AS s
    WHERE s.channel = 'email'
    UNION
    SELECT s.channel AS channel, s.state AS state, s.connection AS connection, s.at AS at, a.email AS email
    FROM stop AS s JOIN profile_address AS a ON a.connection = s.connection AND a.person_id = s.person_id
)
SELECT f.customer_id AS customer_id, s.channel AS channel, s.state AS state, s.connection AS connection,
       s.at AS at
FROM told AS s JOIN speaker AS f ON f.connection = s.connection AND f.person_id = s.person_id
UNION
SELECT a.customer_id AS customer_id, s.channel AS channel, s.state AS state, s.connection AS connection,
       s.at AS at
FROM spread AS s JOIN known_address AS a ON a.email = s.email
UNION
SELECT f.customer_id AS customer_id, s.channel AS channel, s.state AS state, s.connection AS connection,
       s.at AS at
FROM stop AS s
JOIN profile_number AS n ON n.digits = regexp_replace(s.address, '[^0-9]', '', 'g')
JOIN speaker AS f ON f.connection = n.connection AND f.person_id = n.person_id
WHERE s.channel IN ('sms', 'phone')
UNION
SELECT x.customer_id AS customer_id, x.channel AS channel, x.state AS state, 'our own stop list' AS connection,
       x.at AS at
FROM stopped AS x;

-- Strictest first: a stop beats everything, an open double opt-in beats a subscription elsewhere, and a
-- subscription beats only platforms that do not know.
CREATE OR REPLACE TABLE verdict AS
WITH ranked AS (
    SELECT t.customer_id AS customer_id, t.channel AS channel, t.state AS state, t.connection AS connection,
           t.at AS at,
           CASE t.state WHEN 'erased' THEN 0 WHEN 'withdrawn' THEN 1 WHEN 'complained' THEN 2
                        WHEN 'unsubscribed' THEN 3 WHEN 'pending' THEN 4 WHEN 'subscribed' THEN 5
                        WHEN 'not_subscribed' THEN 6 ELSE 7 END AS strictness
    FROM statement AS t
),
strictest AS (
    SELECT r.customer_id AS customer_id, r.channel AS channel, r.state AS state, r.connection AS connection,
           r.at AS at
    FROM ranked AS r
    QUALIFY row_number() OVER (PARTITION BY r.customer_id, r.channel
                               ORDER BY r.strictness, r.at DESC NULLS LAST, r.connection) = 1
),
ground AS (
    SELECT t.customer_id AS customer_id, t.channel AS channel,
           min(l.basis || ' (' || l.decided_by || ', for ' || l.connection || ' in ' || l.country || ')') AS basis
    FROM statement AS t
    JOIN customer AS c ON c.customer_id = t.customer_id
    JOIN legal_basis AS l ON l.connection = t.connection AND l.country = c.country
    WHERE t.channel = 'email' AND t.state IN ('not_subscribed', 'unknown')
    GROUP BY t.customer_id, t.channel
),
asked AS (
    SELECT c.customer_id AS customer_id, 'email' AS channel FROM customer AS c
    UNION
    SELECT s.customer_id AS customer_id, s.channel AS channel FROM strictest AS s
)
SELECT a.customer_id AS customer_id, a.channel AS channel,
       CASE WHEN s.state = 'subscribed' THEN 'yes'
            WHEN s.state IN ('not_subscribed', 'unknown') AND g.basis IS NOT NULL THEN 'yes'
            ELSE 'no' END AS verdict,
       coalesce(s.state, 'unknown') AS state,
       CASE WHEN s.state IS NULL THEN 'no platform says anything'
            WHEN s.state IN ('not_subscribed', 'unknown') AND g.basis IS NOT NULL THEN 'legal basis: ' || g.basis
            ELSE s.state || ' (' || s.connection || ')' END AS reason,
       s.at AS as_of
FROM asked AS a
LEFT JOIN strictest AS s ON s.customer_id = a.customer_id AND s.channel = a.channel
LEFT JOIN ground AS g ON g.customer_id = a.customer_id AND g.channel = a.channel;

-- A bounce belongs to the address. A hard bounce or a complaint ends it; a full mailbox or a receiver's
-- policy alone does not.
CREATE OR REPLACE TABLE deliverable AS
WITH returned AS (
    SELECT lower(regexp_replace(b.email, '\s', '', 'g')) AS email,
           min(CASE b.kind WHEN 'hard' THEN 0 WHEN 'complaint' THEN 1 WHEN 'block' THEN 2 ELSE 3 END) AS worst,
           arg_min(b.connection, CASE b.kind WHEN 'hard' THEN 0 WHEN 'complaint' THEN 1 WHEN 'block' THEN 2
                                 ELSE 3 END) AS connection
    FROM bounces AS b
    WHERE NOT b.deleted
    GROUP BY 1
)
SELECT c.customer_id AS customer_id, c.email AS email,
       CASE WHEN c.email IS NULL THEN 'unknown' WHEN r.worst <= 1 THEN 'no' ELSE 'yes' END AS state,
       CASE WHEN c.email IS NULL THEN 'no e-mail address'
            WHEN r.worst = 0 THEN 'hard bounce (' || r.connection || ')'
            WHEN r.worst = 1 THEN 'complaint (' || r.connection || ')'
            WHEN r.worst = 2 THEN 'blocked by the receiver once, not a dead address (' || r.connection || ')'
            WHEN r.worst = 3 THEN 'soft bounce alone, not a dead address (' || r.connection || ')'
            ELSE 'no bounce is known' END AS reason
FROM customer AS c LEFT JOIN returned AS r ON r.email = c.email;

DROP TABLE speaker;
DROP TABLE known_address;
DROP TABLE profile_address;
DROP TABLE profile_number;
DROP TABLE said;
DROP TABLE statement;
DROP TABLE stopped;
DROP TABLE legal_basis;
