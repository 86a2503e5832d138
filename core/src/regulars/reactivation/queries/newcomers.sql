-- Profiles that carry one of these addresses. One that came since the last measurement has no customer yet.
SELECT coalesce(f.profile_key, reference($key, p.connection, p.id)) AS profile_key, f.customer_id AS customer_id,
       lower(regexp_replace(p.email, '\s', '', 'g')) AS email, coalesce(f.created_at, p.created_at) AS created_at
FROM persons AS p LEFT JOIN profile AS f ON f.connection = p.connection AND f.person_id = p.id
WHERE NOT p.deleted
  AND list_contains($addresses::VARCHAR[], lower(regexp_replace(p.email, '\s', '', 'g')))
  AND NOT EXISTS (
      SELECT 1 FROM merges AS m WHERE m.connection = p.connection AND m.id = p.id AND NOT m.deleted
  )
ORDER BY profile_key;
