-- How often each product comes first in a pair, and how often it follows.
SELECT x.item AS item, CAST(sum(x.leads) AS BIGINT) AS leads, CAST(sum(x.follows) AS BIGINT) AS follows
FROM (
    SELECT p.item AS item, p.people AS leads, 0 AS follows FROM pair_count AS p
    UNION ALL
    SELECT p.then_item AS item, 0 AS leads, p.people AS follows FROM pair_count AS p
) AS x
GROUP BY x.item
ORDER BY x.item
