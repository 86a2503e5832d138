-- What a person should look at: held back clusters, shared inboxes, and equal phones (a proposal only).
CREATE OR REPLACE TABLE identity_review AS
SELECT min(f.profile_key) AS left_key, max(f.profile_key) AS right_key, 'large cluster' AS why,
       c.held_back AS detail
FROM cluster_member AS c JOIN profile AS f ON f.profile_key = c.profile_key
WHERE c.held_back IS NOT NULL GROUP BY c.cluster, c.held_back
UNION ALL
SELECT min(a.profile_key) AS left_key, max(a.profile_key) AS right_key, 'shared inbox' AS why,
       count(DISTINCT a.profile_key) || ' profiles use ' || split_part(a.email, '@', 1) || '@' AS detail
FROM address AS a WHERE list_contains($shared, split_part(a.email, '@', 1))
GROUP BY a.email HAVING count(DISTINCT a.profile_key) > 1
UNION ALL
SELECT min(f.profile_key) AS left_key, max(f.profile_key) AS right_key, 'same phone' AS why,
       count(DISTINCT f.customer_id) || ' customers, same phone number' AS detail
FROM persons AS p JOIN profile AS f ON f.connection = p.connection AND f.person_id = p.id
WHERE NOT p.deleted AND length(regexp_replace(coalesce(p.phone, ''), '[^0-9]', '', 'g')) >= 7
GROUP BY regexp_replace(p.phone, '[^0-9]', '', 'g') HAVING count(DISTINCT f.customer_id) > 1;
