-- What the models look at: per customer the further purchase days, the first and the last, and the amounts.
CREATE OR REPLACE TABLE purchase_history AS
SELECT d.customer_id AS customer_id, CAST(count(*) - 1 AS BIGINT) AS further_days,
       min(d.ordered_on) AS first_on, max(d.ordered_on) AS last_on,
       CAST(arg_min(d.net_minor, d.ordered_on) AS BIGINT) AS first_minor,
       CAST(sum(d.net_minor) - arg_min(d.net_minor, d.ordered_on) AS BIGINT) AS further_minor
FROM ({purchase_day}) AS d
GROUP BY d.customer_id;
