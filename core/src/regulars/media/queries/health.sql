-- Months of the e-mail list: who said yes, who said no, whose address died, who complained. One person once a
-- month and column.
WITH happened AS (
    SELECT f.customer_id AS who, CASE s.state WHEN 'subscribed' THEN 'joined' WHEN 'complained' THEN 'complained'
                                              ELSE 'unsubscribed' END AS what, s.at AS at
    FROM consents AS s JOIN profile AS f ON f.connection = s.connection AND f.person_id = s.person_id
    WHERE NOT s.deleted AND s.channel = 'email' AND s.state IN ('subscribed', 'unsubscribed', 'complained')
    UNION ALL
    SELECT coalesce(f.customer_id, e.customer_id) AS who, 'unsubscribed' AS what, t.at AS at
    FROM touches AS t
    LEFT JOIN profile AS f ON f.connection = t.connection AND f.person_id = t.person_id
    LEFT JOIN customer AS e ON t.person_id IS NULL AND e.email = lower(regexp_replace(t.email, '\s', '', 'g'))
    WHERE NOT t.deleted AND t.kind = 'unsubscribe'
    UNION ALL
    SELECT lower(b.email) AS who, CASE b.kind WHEN 'hard' THEN 'bounced' ELSE 'complained' END AS what,
           coalesce(b.at, b.updated_at) AS at
    FROM bounces AS b WHERE NOT b.deleted AND b.kind IN ('hard', 'complaint')
),
dated AS (
    SELECT DISTINCT h.who AS who, h.what AS what,
           CAST(date_trunc('month', CAST(timezone($zone, h.at) AS DATE)) AS DATE) AS month
    FROM happened AS h
    WHERE h.at IS NOT NULL AND CAST(timezone($zone, h.at) AS DATE) <= $as_of
)
SELECT d.month AS month, count(*) FILTER (WHERE d.what = 'joined') AS joined,
       count(*) FILTER (WHERE d.what = 'unsubscribed') AS unsubscribed,
       count(*) FILTER (WHERE d.what = 'bounced') AS bounced,
       count(*) FILTER (WHERE d.what = 'complained') AS complained
FROM dated AS d
WHERE d.month > CAST(date_trunc('month', CAST($as_of AS DATE)) AS DATE) - INTERVAL 12 MONTH
GROUP BY d.month
ORDER BY d.month
