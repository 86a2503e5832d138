-- Addresses that several profiles have, and the one way in which they join: `tangled` are those that share a
-- profile with another one, or with a decision of a person. All others are a cluster each, by themselves.
CREATE OR REPLACE TEMP TABLE shared_address AS
WITH several AS (
    SELECT a.email AS email, a.profile_key AS profile_key
    FROM address AS a
    WHERE NOT list_contains($shared, split_part(a.email, '@', 1))
    QUALIFY count(*) OVER (PARTITION BY a.email) > 1
),
knot AS (
    SELECT s.profile_key AS profile_key FROM several AS s GROUP BY s.profile_key HAVING count(*) > 1
    UNION
    SELECT d.profile_key AS profile_key FROM decided AS d
)
SELECT s.email AS email, s.profile_key AS profile_key,
       s.email IN (SELECT x.email FROM several AS x JOIN knot AS k ON k.profile_key = x.profile_key) AS tangled
FROM several AS s;
