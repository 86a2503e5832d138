-- Whether there is an address, consent and a way for the message to arrive, per channel of the shop's own.
-- A telephone number can be rung or texted where it is whole (E.164: "+", country, number); an address for post
-- or push comes with the consent or as a signal, and fails where something came back from it.
CREATE OR REPLACE TABLE channel_reach AS
WITH given AS (
    SELECT f.customer_id AS customer_id, CASE s.channel WHEN 'sms' THEN 'phone' ELSE s.channel END AS channel,
           s.address AS address, true AS arrives
    FROM consents AS s JOIN profile AS f ON f.connection = s.connection AND f.person_id = s.person_id
    WHERE NOT s.deleted AND s.channel IN ('phone', 'sms', 'post', 'push')
    UNION ALL
    SELECT f.customer_id AS customer_id, split_part(g.kind, '_', 1) AS channel,
           CASE WHEN g.kind LIKE '%_address' THEN g.value END AS address, g.kind LIKE '%_address' AS arrives
    FROM signals AS g JOIN profile AS f ON f.connection = g.connection AND f.person_id = g.person_id
    WHERE NOT g.deleted AND g.kind IN ('post_address', 'post_returned', 'push_address', 'push_returned')
      AND lower(coalesce(g.value, 'true')) NOT IN ('false', 'no', '0', '')
    UNION ALL
    SELECT c.customer_id AS customer_id, 'phone' AS channel, c.phone AS address, true AS arrives FROM customer AS c
),
address AS (
    SELECT c.customer_id AS customer_id, 'email' AS channel, c.email IS NOT NULL AS has_address,
           coalesce(d.state = 'yes', false) AS arrives
    FROM customer AS c LEFT JOIN deliverable AS d ON d.customer_id = c.customer_id
    UNION ALL
    SELECT g.customer_id AS customer_id, g.channel AS channel, bool_or(coalesce(trim(g.address), '') <> ''),
           bool_and(g.arrives) AND (g.channel <> 'phone' OR bool_or(coalesce(regexp_full_match(
               regexp_replace(regexp_replace(g.address, '[\s().\-/]', '', 'g'), '^00', '+'), '\+[1-9]\d{6,14}'),
               false)))
    FROM given AS g
    GROUP BY g.customer_id, g.channel
),
agreed AS (
    SELECT v.customer_id AS customer_id, CASE v.channel WHEN 'sms' THEN 'phone' ELSE v.channel END AS channel,
           bool_or(v.verdict = 'yes') AS consents
    FROM verdict AS v
    GROUP BY 1, 2
)
SELECT coalesce(a.customer_id, g.customer_id) AS customer_id, coalesce(a.channel, g.channel) AS channel,
       coalesce(a.has_address, false) AS has_address, coalesce(g.consents, false) AS has_consent,
       coalesce(a.has_address AND a.arrives, false) AS arrives
FROM address AS a FULL JOIN agreed AS g ON g.customer_id = a.customer_id AND g.channel = a.channel
WHERE coalesce(a.channel, g.channel) IN ('email', 'phone', 'post', 'push')
  AND (coalesce(a.has_address, false) OR coalesce(g.consents, false));
