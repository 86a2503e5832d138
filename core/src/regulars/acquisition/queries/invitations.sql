-- Invitations that customers sent: each as a touch, or as a person's number told by a platform. NULL: not visible.
WITH sent AS (
    SELECT count(*) AS n FROM touches AS t WHERE NOT t.deleted AND t.kind IN ('invite', 'invitation')
      AND CAST(timezone($zone, t.at) AS DATE) <= $as_of
    UNION ALL
    SELECT coalesce(sum(TRY_CAST(g.value AS BIGINT)), 0) AS n
    FROM signals AS g WHERE NOT g.deleted AND g.kind = 'invitations'
      AND (g.at IS NULL OR CAST(timezone($zone, g.at) AS DATE) <= $as_of)
)
SELECT CAST(nullif(sum(s.n), 0) AS BIGINT) AS invitations, (SELECT count(*) FROM customer_value) AS customers
FROM sent AS s
