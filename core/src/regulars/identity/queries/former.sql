-- Profiles that are gone and who they are now: the profile they were merged into; of a deleted one, who has its
-- address today, as long as that is one customer and nobody decided otherwise. A customer keeps its name and its
-- past through them.
CREATE OR REPLACE TEMP TABLE former AS
WITH deleted AS (
    SELECT reference($key, p.connection, p.id) AS former_key,
           normal_email(p.email) AS email, p.created_at AS created_at
    FROM persons AS p
    WHERE p.deleted AND NOT list_contains($shared, split_part(normal_email(coalesce(p.email, '')), '@', 1))
      AND NOT EXISTS (SELECT 1 FROM alias AS a WHERE a.connection = p.connection AND a.id = p.id)
),
heir AS (
    SELECT d.former_key AS former_key, a.profile_key AS profile_key, d.created_at AS created_at
    FROM deleted AS d
    JOIN address AS a ON a.email = d.email
    ANTI JOIN decided AS x ON x.profile_key = d.former_key
    ANTI JOIN decided AS y ON y.profile_key = a.profile_key
),
going AS (
    SELECT h.former_key AS former_key, h.profile_key AS profile_key, h.created_at AS created_at
    FROM heir AS h
    UNION ALL
    SELECT m.former_key AS former_key, f.profile_key AS profile_key, m.created_at AS created_at
    FROM merged_key AS m JOIN profile AS f ON f.profile_key = m.profile_key
    UNION ALL
    SELECT m.former_key AS former_key, h.profile_key AS profile_key, m.created_at AS created_at
    FROM merged_key AS m JOIN heir AS h ON h.former_key = m.profile_key
)
SELECT g.former_key AS former_key, min(g.profile_key) AS profile_key, min(g.created_at) AS created_at
FROM going AS g
LEFT JOIN cluster_member AS c ON c.profile_key = g.profile_key AND c.held_back IS NULL
GROUP BY g.former_key
HAVING count(DISTINCT coalesce('cluster ' || c.cluster, g.profile_key)) = 1;
