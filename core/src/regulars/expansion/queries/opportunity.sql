-- Per rule in use: who has it as their best recommendation, and how many of them are reachable.
WITH best AS (
    SELECT n.next_rule AS rule_id, count(*) AS people,
           count(*) FILTER (WHERE n.customer_id IN (SELECT r.customer_id FROM reachable AS r)) AS reachable
    FROM recommended AS n
    WHERE n.next_rule IS NOT NULL
    GROUP BY n.next_rule
)
SELECT u.rule_id AS rule_id, u.kind AS kind, u.title AS title, coalesce(b.people, 0) AS people,
       coalesce(b.reachable, 0) AS reachable, u.then_people AS then_people, u.from_people AS from_people,
       coalesce(u.value_minor, 0) AS value_minor, e.margin_pct AS margin_pct
FROM recommendation_rule AS u
CROSS JOIN expansion_basis AS e
LEFT JOIN best AS b ON b.rule_id = u.rule_id
WHERE u.in_use
ORDER BY u.rule_id
