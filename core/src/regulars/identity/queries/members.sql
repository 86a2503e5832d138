-- The clusters of a single address, numbered after the tangled ones; more profiles than anybody has are held back.
INSERT INTO cluster_member
WITH counted AS (
    SELECT s.email AS email, s.profile_key AS profile_key, count(*) OVER (PARTITION BY s.email) AS profiles
    FROM shared_address AS s
    WHERE NOT s.tangled
)
SELECT $after + dense_rank() OVER (ORDER BY c.email) AS cluster, c.profile_key AS profile_key,
       'same e-mail address' AS kind,
       CASE WHEN c.profiles > $most THEN c.profiles || ' profiles share addresses' END AS held_back
FROM counted AS c;
DROP TABLE shared_address;
