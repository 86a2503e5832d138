-- Who may be offered what tonight, best first: they own what the rule starts from, never got what it leads
-- to (unless that is used up by now), and all waiting times are over. An offer that runs may go on.
-- `held_back`: who owns what a rule in use starts from, but is not offered what it leads to, and the first reason.
CREATE OR REPLACE TEMP TABLE candidate AS
WITH waiting AS (
    SELECT k.buyer AS buyer, count(*) AS orders,
           coalesce(max(k.delivered_on) > $as_of - $after_delivery, false)
               OR bool_or(k.delivered_on IS NULL AND NOT k.given_back AND k.ordered_on > $as_of - $in_transit)
               AS parcel
    FROM kept_order AS k
    GROUP BY k.buyer
),
running AS (
    SELECT o.customer_id AS customer_id, arg_max(o.rule_id, o.offered_on) AS rule_id,
           count(DISTINCT coalesce(o.rule_id, '')) AS rules
    FROM offer AS o
    WHERE NOT o.held_out AND o.offered_on > $as_of - $between_offers AND o.offered_on <= $as_of
    GROUP BY o.customer_id
),
owner AS (
    SELECT r.rule_id AS rule_id, h.buyer AS buyer
    FROM rule_item AS r
    JOIN recommendation_rule AS u ON u.rule_id = r.rule_id AND u.in_use
    JOIN holding AS h ON h.item = r.item
    WHERE r.side = 'from' AND h.owned
    GROUP BY r.rule_id, h.buyer
),
-- Also what came by an order that is no sale: a replacement, a free piece, a wholesale order, one of unknown rate.
had AS (
    SELECT h.buyer AS buyer, h.item AS item, h.last_on AS last_on, h.ever_returned AS ever_returned
    FROM holding AS h
    UNION ALL
    SELECT b.buyer AS buyer, i.item AS item, max(s.ordered_on) AS last_on,
           bool_or(l.current_quantity < l.quantity) AS ever_returned
    FROM sale AS s
    JOIN buyer AS b ON b.customer_id = s.customer_id
    JOIN lines AS l ON l.connection = s.connection AND l.order_id = s.order_id
    JOIN product_item AS i ON i.sku = coalesce(nullif(trim(l.sku), ''), l.product_id)
    WHERE s.kind NOT IN ('counted', 'test', 'cancelled') AND NOT l.deleted AND l.quantity > 0
    GROUP BY b.buyer, i.item
),
has_it AS (
    SELECT DISTINCT r.rule_id AS rule_id, h.buyer AS buyer
    FROM rule_item AS r
    JOIN recommendation_rule AS u ON u.rule_id = r.rule_id AND u.in_use
    JOIN had AS h ON h.item = r.item
    JOIN product_item AS i ON i.item = r.item
    WHERE r.side = 'to'
      AND (i.used_up_after IS NULL OR h.ever_returned OR h.last_on + CAST(i.used_up_after AS INTEGER) > $as_of)
)
SELECT b.customer_id AS customer_id, u.rule_id AS rule_id, u.kind AS kind, u.sku AS sku, u.title AS title,
       coalesce(u.confidence, 0) * u.value_minor AS worth,
       CASE WHEN x.buyer IS NOT NULL THEN 'bought already'
            WHEN b.customer_id IN (SELECT s.customer_id FROM service_hold AS s) THEN 'service first'
            WHEN u.kind = 'upsell' AND w.orders < $upsell_min_orders
            THEN 'fewer than ' || $upsell_min_orders || ' orders'
            WHEN w.parcel THEN 'an order is on its way or was delivered in the last ' || $after_delivery || ' days'
            WHEN g.customer_id IS NOT NULL AND NOT coalesce(g.rules = 1 AND g.rule_id = u.rule_id, false)
            THEN 'another offer within ' || $between_offers || ' days' END AS held_by
FROM owner AS o
JOIN recommendation_rule AS u ON u.rule_id = o.rule_id
JOIN buyer AS b ON b.buyer = o.buyer
JOIN waiting AS w ON w.buyer = o.buyer
LEFT JOIN running AS g ON g.customer_id = b.customer_id
LEFT JOIN has_it AS x ON x.rule_id = o.rule_id AND x.buyer = o.buyer;

CREATE OR REPLACE TABLE admissible AS
SELECT c.customer_id AS customer_id, c.rule_id AS rule_id, c.kind AS kind, c.sku AS sku, c.title AS title,
       CAST(row_number() OVER (PARTITION BY c.customer_id ORDER BY c.worth DESC, c.rule_id) AS BIGINT) AS position
FROM candidate AS c
WHERE c.held_by IS NULL;

CREATE OR REPLACE TABLE held_back AS
SELECT c.customer_id AS customer_id, c.rule_id AS rule_id, c.held_by AS held_by
FROM candidate AS c
WHERE c.held_by IS NOT NULL;

DROP TABLE candidate;
