-- Who objected to profiling by $as_of: nobody of them is predicted, and no model learns from them.
CREATE OR REPLACE TEMP TABLE objected AS
SELECT DISTINCT f.customer_id AS customer_id
FROM signals AS g
JOIN profile AS f ON f.connection = g.connection AND f.person_id = g.person_id
WHERE NOT g.deleted AND g.kind = 'profiling_objection'
  AND lower(coalesce(g.value, 'true')) NOT IN ('false', 'no', '0', '')
  AND (g.at IS NULL OR CAST(timezone($zone, g.at) AS DATE) <= $as_of);
