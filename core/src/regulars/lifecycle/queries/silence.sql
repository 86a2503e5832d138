-- Each order day of a customer, with the days on which silence puts them at risk and lapses them: of all
-- categories bought so far, the one in which they are least late.
CREATE OR REPLACE TABLE silence AS
WITH drawn AS (
    SELECT c.customer_id AS customer_id, c.ordered_on AS ordered_on, max(c.ordered_on + l.at_risk) AS at_risk_on,
           max(c.ordered_on + l.lapsed) AS lapsed_on
    FROM category_day AS c
    JOIN lifecycle_line AS l ON l.category = c.category
    GROUP BY c.customer_id, c.ordered_on
)
SELECT d.customer_id AS customer_id, d.ordered_on AS ordered_on,
       CAST(sum(d.orders) OVER so_far AS BIGINT) AS orders_so_far, max(x.at_risk_on) OVER so_far AS at_risk_on,
       max(x.lapsed_on) OVER so_far AS lapsed_on,
       coalesce(d.ordered_on > max(x.at_risk_on) OVER before, false) AS returned
FROM customer_day AS d
JOIN drawn AS x ON x.customer_id = d.customer_id AND x.ordered_on = d.ordered_on
WHERE d.orders > 0 AND d.ordered_on <= $as_of
WINDOW so_far AS (PARTITION BY d.customer_id ORDER BY d.ordered_on),
       before AS (PARTITION BY d.customer_id ORDER BY d.ordered_on ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING);
