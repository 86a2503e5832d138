CREATE OR REPLACE TABLE reachable AS
SELECT h.customer_id AS customer_id, h.channel AS channel
FROM channel_reach AS h
WHERE h.has_address AND h.has_consent AND h.arrives;

CREATE OR REPLACE TABLE reach AS
WITH everybody AS (
    SELECT c.customer_id AS customer_id, coalesce(p.clv_12m_minor, 0) AS value_minor
    FROM customer AS c
    LEFT JOIN customer_clv AS p ON p.customer_id = c.customer_id
),
whole AS (
    SELECT count(*) AS customers, coalesce(sum(e.value_minor), 0) AS value_minor FROM everybody AS e
),
part AS (
    SELECT r.channel AS channel, count(*) AS customers, sum(e.value_minor) AS value_minor
    FROM reachable AS r JOIN everybody AS e ON e.customer_id = r.customer_id
    GROUP BY r.channel
    UNION ALL
    SELECT CASE WHEN e.customer_id IN (SELECT x.customer_id FROM reachable AS x) THEN 'any' ELSE 'none' END
               AS channel, count(*) AS customers, sum(e.value_minor) AS value_minor
    FROM everybody AS e
    GROUP BY 1
)
SELECT p.channel AS channel, CAST(p.customers AS BIGINT) AS customers,
       CAST(p.value_minor AS BIGINT) AS value_minor,
       CASE WHEN w.customers > 0 THEN CAST(p.customers AS DOUBLE) / w.customers END AS share,
       CASE WHEN w.value_minor > 0 THEN CAST(p.value_minor AS DOUBLE) / w.value_minor END AS value_share
FROM part AS p CROSS JOIN whole AS w
ORDER BY p.channel;
