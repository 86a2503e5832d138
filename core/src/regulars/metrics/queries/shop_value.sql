-- The shop's three factors of simple CLV, in hundredths where they are not money:
-- years     = S / L of the 365 days up to $as_of (one divided by the yearly loss rate), 1.00 to 10.00;
--             1.00 where nobody was a customer a year ago, because nothing is known of lifetimes yet
-- per_year  = orders of these 365 days / customers who placed them
-- value     = net sales of these orders / these orders
-- A query, so that a past day can be asked without touching the published table.
WITH recent AS (
    SELECT count(DISTINCT d.customer_id) FILTER (WHERE d.orders > 0) AS customers,
           CAST(coalesce(sum(d.orders), 0) AS HUGEINT) AS orders,
           CAST(coalesce(sum(d.net_minor), 0) AS HUGEINT) AS net_minor
    FROM customer_day AS d
    WHERE d.ordered_on BETWEEN $as_of - 364 AND $as_of
),
factor AS (
    SELECT r.customers AS customers, r.orders AS orders, r.net_minor AS net_minor,
           CASE WHEN $s = 0 THEN 100
                WHEN $l * 10 <= $s THEN 1000
                ELSE half_even(CAST($s AS HUGEINT) * 100, CAST($l AS HUGEINT)) END AS years_h,
           CASE WHEN r.customers = 0 THEN 0 ELSE half_even(r.orders * 100, r.customers) END AS per_year_h,
           CASE WHEN r.orders = 0 THEN 0 ELSE half_even(r.net_minor, r.orders) END AS order_value_minor
    FROM recent AS r
)
SELECT CAST(CAST(f.years_h AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS clv_years,
       CAST(CAST(f.per_year_h AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS clv_orders_per_year,
       CAST(f.order_value_minor AS BIGINT) AS clv_order_value_minor,
       CAST(half_even(CAST(f.years_h AS HUGEINT) * f.per_year_h * f.order_value_minor, 10000) AS BIGINT)
           AS clv_simple_minor,
       CAST(f.years_h AS BIGINT) AS years_h, CAST($s AS BIGINT) AS s, CAST($l AS BIGINT) AS l,
       CAST(f.customers AS BIGINT) AS customers, CAST(f.orders AS BIGINT) AS orders,
       CAST(f.net_minor AS BIGINT) AS net_minor, $as_of - 364 AS starts_on, $as_of AS ends_on
FROM factor AS f
