-- What ECOA and reactivation both ask. Temporary views: they work on the published snapshot too.
CREATE OR REPLACE TEMP MACRO plain_address(email) AS lower(regexp_replace(email, '\s', '', 'g'));

-- Every address a customer is known by, guests' included.
CREATE OR REPLACE TEMP VIEW known_address AS
SELECT f.customer_id AS customer_id, plain_address(a.email) AS address
FROM (
    SELECT connection, id, email FROM persons WHERE NOT deleted
    UNION ALL
    SELECT connection, id, unnest(other_emails) AS email FROM persons WHERE NOT deleted
) AS a JOIN profile AS f ON f.connection = a.connection AND f.person_id = a.id
WHERE coalesce(trim(a.email), '') <> ''
UNION
SELECT customer_id, email AS address FROM customer WHERE coalesce(email, '') <> '';

-- Bounces per address; a complaint about an address is the person's "no".
CREATE OR REPLACE TEMP VIEW bounced_address AS
SELECT
    plain_address(email) AS address,
    bool_or(kind = 'hard' AND NOT deleted) AS hard,
    bool_or(kind = 'complaint') AS complaint,
    bool_or(kind = 'block' AND NOT deleted) AS block,
    max("at") FILTER (WHERE kind = 'hard' AND NOT deleted) AS last_at
FROM bounces WHERE (NOT deleted OR kind = 'complaint') AND coalesce(trim(email), '') <> ''
GROUP BY plain_address(email);

-- Whoever said no to e-mail on any profile: the verdict, and what single platforms said. A profile that
-- is gone withdraws no opt-out.
CREATE OR REPLACE TEMP VIEW withdrawn_customer AS
SELECT f.customer_id AS customer_id
FROM consents AS c JOIN profile AS f ON f.connection = c.connection AND f.person_id = c.person_id
WHERE c.channel = 'email' AND c.state IN ('unsubscribed', 'complained')
UNION
SELECT customer_id FROM verdict
WHERE channel = 'email' AND state IN ('unsubscribed', 'complained', 'withdrawn', 'erased')
UNION
SELECT f.customer_id AS customer_id
FROM bounces AS b JOIN profile AS f ON f.connection = b.connection AND f.person_id = b.person_id
WHERE b.kind = 'complaint'
UNION
SELECT k.customer_id AS customer_id
FROM bounced_address AS b JOIN known_address AS k ON k.address = b.address WHERE b.complaint;

CREATE OR REPLACE TEMP VIEW withdrawn_address AS
SELECT k.address AS address
FROM withdrawn_customer AS w JOIN known_address AS k ON k.customer_id = w.customer_id
UNION
SELECT plain_address(c.address) AS address FROM consents AS c
WHERE c.channel = 'email' AND c.state IN ('unsubscribed', 'complained')
  AND coalesce(trim(c.address), '') <> ''
UNION
SELECT address FROM bounced_address WHERE complaint;
