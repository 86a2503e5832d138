-- Profiles that carry one of these addresses.
SELECT f.profile_key AS profile_key, f.customer_id AS customer_id,
       lower(regexp_replace(p.email, '\s', '', 'g')) AS email, f.created_at AS created_at
FROM persons AS p JOIN profile AS f ON f.connection = p.connection AND f.person_id = p.id
WHERE NOT p.deleted
  AND list_contains($addresses::VARCHAR[], lower(regexp_replace(p.email, '\s', '', 'g')))
ORDER BY f.profile_key;
