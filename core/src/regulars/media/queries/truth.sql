-- Per channel: everybody by the three things that reach needs, and what the reached are worth.
WITH known AS (
    SELECT h.channel AS channel, h.has_address AS has_address, h.has_consent AS has_consent, h.arrives AS arrives,
           count(*) AS people, coalesce(sum(p.value_minor), 0) AS value_minor
    FROM channel_reach AS h JOIN media_person AS p ON p.customer_id = h.customer_id
    GROUP BY ALL
)
SELECT k.channel AS channel, k.has_address AS has_address, k.has_consent AS has_consent, k.arrives AS arrives,
       k.people AS people, CAST(k.value_minor AS BIGINT) AS value_minor
FROM known AS k
ORDER BY ALL
