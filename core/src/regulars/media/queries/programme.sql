-- Who joined a programme in which month, and what it brought: fields of the profile that joined, and consent
-- that was given on the very day.
WITH joined AS (
    SELECT g.connection AS connection, g.person_id AS person_id, f.customer_id AS customer_id,
           CASE WHEN lower(coalesce(g.value, 'true')) IN ('true', 'yes', '1') THEN g.kind ELSE trim(g.value) END
               AS programme,
           min(CAST(timezone($zone, g.at) AS DATE)) AS joined_on
    FROM signals AS g JOIN profile AS f ON f.connection = g.connection AND f.person_id = g.person_id
    WHERE NOT g.deleted AND g.kind IN ('loyalty_member', 'member_card', 'privilege')
      AND lower(coalesce(g.value, 'true')) NOT IN ('false', 'no', '0', '')
      AND (g.at IS NULL OR CAST(timezone($zone, g.at) AS DATE) <= $as_of)
    GROUP BY 1, 2, 3, 4
),
agreed AS (
    SELECT f.customer_id AS customer_id, CASE s.channel WHEN 'sms' THEN 'phone' ELSE s.channel END AS channel,
           CAST(timezone($zone, s.at) AS DATE) AS agreed_on
    FROM consents AS s JOIN profile AS f ON f.connection = s.connection AND f.person_id = s.person_id
    WHERE NOT s.deleted AND s.state = 'subscribed' AND s.at IS NOT NULL AND coalesce(s.by, 'unknown') <> 'admin'
),
act AS (
    SELECT j.customer_id AS customer_id, j.programme AS programme, min(a.agreed_on) AS first_on,
           bool_or(a.agreed_on = j.joined_on AND a.channel = 'email') AS by_email,
           bool_or(a.agreed_on = j.joined_on AND a.channel = 'phone') AS by_phone,
           bool_or(a.agreed_on = j.joined_on) AS at_once
    FROM joined AS j JOIN agreed AS a ON a.customer_id = j.customer_id
    GROUP BY 1, 2
),
handle AS (
    SELECT DISTINCT g.connection AS connection, g.person_id AS person_id
    FROM signals AS g WHERE NOT g.deleted AND g.kind IN ('follower', 'social_handle')
),
person AS (
    SELECT j.programme AS programme, min(j.joined_on) AS joined_on,
           j.customer_id AS customer_id, bool_or(coalesce(p.email, '') <> '') AS email,
           bool_or(coalesce(p.phone, '') <> '') AS phone, bool_or(h.person_id IS NOT NULL) AS social
    FROM joined AS j
    LEFT JOIN persons AS p ON p.connection = j.connection AND p.id = j.person_id AND NOT p.deleted
    LEFT JOIN handle AS h ON h.connection = j.connection AND h.person_id = j.person_id
    GROUP BY j.programme, j.customer_id
)
SELECT n.programme AS programme, CAST(date_trunc('month', n.joined_on) AS DATE) AS month, count(*) AS joined,
       count(*) FILTER (WHERE n.email) AS emails, count(*) FILTER (WHERE n.phone) AS phones,
       count(*) FILTER (WHERE n.phone AND coalesce(h.arrives, false)) AS phones_valid,
       count(*) FILTER (WHERE n.social) AS socials,
       count(*) FILTER (WHERE coalesce(a.by_email, false)) AS email_consents,
       count(*) FILTER (WHERE coalesce(a.by_phone, false)) AS phone_consents,
       count(*) FILTER (WHERE coalesce(a.at_once, false) AND p.best = 'owned' AND a.first_on = n.joined_on) AS gained
FROM person AS n
JOIN media_person AS p ON p.customer_id = n.customer_id
LEFT JOIN act AS a ON a.customer_id = n.customer_id AND a.programme = n.programme
LEFT JOIN channel_reach AS h ON h.customer_id = n.customer_id AND h.channel = 'phone'
GROUP BY 1, 2
ORDER BY 1, 2 NULLS LAST
