-- Spend of the last 365 days against the 365 before, of those who ordered in the earlier ones. The change is
-- what those who stopped no longer spend, more orders at the old average, and what an order is bigger by; the part
-- of that which is goods of declared upsell steps is apart (NULL where none is declared). The parts add up.
-- All are NULL where orders are not known from the first day of the earlier year on: a part of a year is not compared
-- with a whole one.
CREATE OR REPLACE TABLE expansion_split AS
WITH spent AS (
    SELECT d.customer_id AS customer_id,
           coalesce(sum(d.orders) FILTER (WHERE d.ordered_on <= $as_of - 365), 0) AS orders_before,
           coalesce(sum(d.net_minor) FILTER (WHERE d.ordered_on <= $as_of - 365), 0) AS minor_before,
           coalesce(sum(d.orders) FILTER (WHERE d.ordered_on > $as_of - 365), 0) AS orders_now,
           coalesce(sum(d.net_minor) FILTER (WHERE d.ordered_on > $as_of - 365), 0) AS minor_now
    FROM customer_day AS d
    WHERE d.ordered_on BETWEEN $as_of - 729 AND $as_of
    GROUP BY d.customer_id
),
same AS (
    SELECT count(*) AS customers, count(*) FILTER (WHERE s.orders_now = 0) AS stopped,
           CAST(coalesce(sum(s.minor_before), 0) AS HUGEINT) AS before_minor,
           CAST(coalesce(sum(s.minor_now), 0) AS HUGEINT) AS now_minor,
           CAST(coalesce(sum(s.minor_now - s.minor_before) FILTER (WHERE s.orders_now = 0), 0) AS HUGEINT)
               AS stopped_minor,
           CAST(coalesce(sum(s.orders_before) FILTER (WHERE s.orders_now > 0), 0) AS HUGEINT) AS orders_before,
           CAST(coalesce(sum(s.orders_now) FILTER (WHERE s.orders_now > 0), 0) AS HUGEINT) AS orders_now,
           CAST(coalesce(sum(s.minor_before) FILTER (WHERE s.orders_now > 0), 0) AS HUGEINT) AS kept_minor
    FROM spent AS s
    WHERE s.orders_before > 0
),
premium AS (
    SELECT CAST(coalesce(sum(h.value_minor), 0) AS HUGEINT) AS now_minor,
           CAST(coalesce(sum(h.before_minor), 0) AS HUGEINT) AS before_minor
    FROM holding AS h
    JOIN buyer AS b ON b.buyer = h.buyer
    JOIN spent AS s ON s.customer_id = b.customer_id AND s.orders_before > 0 AND s.orders_now > 0
    WHERE h.item IN (SELECT r.item FROM rule_item AS r WHERE r.side = 'to' AND starts_with(r.rule_id, 'upsell/'))
),
part AS (
    SELECT s.*, coalesce(half_even((s.orders_now - s.orders_before) * s.kept_minor, s.orders_before), 0) AS more_minor,
           CASE WHEN (SELECT count(*) FROM rule_declared AS d WHERE d.kind = 'upsell') > 0
                THEN coalesce(p.now_minor - half_even(p.before_minor * s.orders_now, s.orders_before), 0) END
               AS premium_minor
    FROM same AS s CROSS JOIN premium AS p
),
known AS (
    SELECT min(f.first_order_on) AS since FROM first_order AS f
)
SELECT $as_of - 364 AS starts_on, $as_of AS ends_on, CAST(p.customers AS BIGINT) AS customers,
       CAST(p.stopped AS BIGINT) AS stopped, CAST(p.orders_before AS BIGINT) AS orders_before,
       CAST(p.orders_now AS BIGINT) AS orders_now, CAST(p.before_minor AS BIGINT) AS before_minor,
       CAST(p.now_minor AS BIGINT) AS now_minor, CAST(p.stopped_minor AS BIGINT) AS stopped_minor,
       CAST(p.more_minor AS BIGINT) AS more_orders_minor,
       CAST(p.now_minor - p.before_minor - p.stopped_minor - p.more_minor - coalesce(p.premium_minor, 0) AS BIGINT)
           AS bigger_orders_minor,
       CAST(p.premium_minor AS BIGINT) AS premium_minor
FROM known AS k LEFT JOIN part AS p ON k.since <= $as_of - 729;
