-- The basis as the customers' numbers have it: what CLV and retention are made of.
SELECT d.ordered_on AS day, CAST(sum(d.orders) AS BIGINT) AS orders, CAST(sum(d.net_minor) AS BIGINT) AS minor
FROM customer_day AS d
WHERE d.ordered_on BETWEEN $starts_on AND $ends_on
GROUP BY d.ordered_on
ORDER BY d.ordered_on
