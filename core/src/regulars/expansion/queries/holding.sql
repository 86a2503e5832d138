-- Who bought what. An order was delivered when all of its parcels were (no record tells what is in one, so a part
-- that was never shipped goes with the rest); it was given away when it is marked as a gift or went to another country
-- than the person's; it was given back when its whole worth was refunded.
CREATE OR REPLACE TEMP TABLE buyer AS
SELECT CAST(row_number() OVER (ORDER BY c.customer_id) AS INTEGER) AS buyer, c.customer_id AS customer_id,
       c.country AS country
FROM customer AS c;

CREATE OR REPLACE TEMP TABLE kept_order AS
WITH parcel AS (
    SELECT f.connection AS connection, f.order_id AS order_id,
           CASE WHEN bool_and(coalesce(f.delivered_at IS NOT NULL OR lower(f.status) = 'delivered', false))
                THEN max(CAST(timezone($zone, coalesce(f.delivered_at, f.updated_at)) AS DATE)) END AS delivered_on
    FROM fulfilments AS f
    WHERE NOT f.deleted AND lower(coalesce(f.status, '')) NOT IN ('cancelled', 'canceled', 'error', 'failure')
    GROUP BY f.connection, f.order_id
)
SELECT s.connection AS connection, s.order_id AS order_id, b.buyer AS buyer, s.ordered_at AS ordered_at,
       s.ordered_on AS ordered_on, s.gross_minor AS gross_minor, o.goods_minor AS goods_minor,
       s.refund_minor >= s.gross_minor AS given_back,
       coalesce(list_has_any(list_transform(o.tags, lambda t: lower(t)), CAST($gift_tags AS VARCHAR[])), false)
           OR coalesce(o.country <> b.country, false) AS given_away,
       CASE WHEN p.delivered_on <= $as_of THEN p.delivered_on
            WHEN s.ordered_on + CAST($assume_delivered AS INTEGER) <= $as_of
            THEN s.ordered_on + CAST($assume_delivered AS INTEGER) END AS delivered_on
FROM sale AS s
JOIN buyer AS b ON b.customer_id = s.customer_id
JOIN orders AS o ON o.connection = s.connection AND o.id = s.order_id
LEFT JOIN parcel AS p ON p.connection = s.connection AND p.order_id = s.order_id
WHERE s.kind = 'counted';

CREATE OR REPLACE TEMP TABLE holding AS
WITH back AS (
    SELECT x.connection AS connection, x.line_id AS line_id,
           coalesce(sum(x.quantity) FILTER (WHERE CAST(timezone($zone, r.refunded_at) AS DATE) <= $as_of), 0) AS so_far,
           coalesce(sum(x.quantity) FILTER (WHERE CAST(timezone($zone, r.refunded_at) AS DATE) > $as_of), 0) AS later
    FROM refund_lines AS x
    JOIN refunds AS r ON r.connection = x.connection AND r.id = x.refund_id AND NOT r.deleted
    WHERE NOT x.deleted
    GROUP BY x.connection, x.line_id
),
entry AS (
    SELECT k.buyer AS buyer, i.item AS item, k.ordered_at AS ordered_at, k.ordered_on AS ordered_on,
           k.delivered_on AS delivered_on, l.quantity AS quantity, k.given_away AS given_away,
           l.current_quantity > 0 AND trim(l.sku) <> '' AS bought,
           CASE WHEN k.given_back THEN 0
                ELSE greatest(0, least(l.current_quantity + coalesce(b.later, 0), l.quantity - coalesce(b.so_far, 0)))
           END AS remains,
           half_even(CAST(l.goods_minor AS HUGEINT) * k.gross_minor, k.goods_minor) AS value_minor
    FROM lines AS l
    JOIN kept_order AS k ON k.connection = l.connection AND k.order_id = l.order_id
    JOIN product_item AS i ON i.sku = coalesce(nullif(trim(l.sku), ''), l.product_id)
    LEFT JOIN back AS b ON b.connection = l.connection AND b.line_id = l.id
    WHERE NOT l.deleted AND l.quantity > 0
)
SELECT e.buyer AS buyer, e.item AS item,
       min(e.ordered_at) FILTER (WHERE e.ordered_on > $as_of - 365) AS first_at, max(e.ordered_on) AS last_on,
       bool_or(coalesce(e.bought, false)) AS bought,
       coalesce(sum(e.remains) FILTER (WHERE e.delivered_on IS NOT NULL AND NOT e.given_away), 0) > 0 AS owned,
       min(e.delivered_on) FILTER (WHERE e.remains > 0 AND NOT e.given_away) AS delivered_on,
       CAST(coalesce(sum(e.quantity) FILTER (WHERE e.ordered_on > $as_of - 365), 0) AS BIGINT) AS sold,
       CAST(coalesce(sum(e.quantity - e.remains) FILTER (WHERE e.ordered_on > $as_of - 365), 0) AS BIGINT) AS returned,
       sum(e.quantity - e.remains) > 0 AS ever_returned,
       CAST(coalesce(sum(e.value_minor) FILTER (WHERE e.ordered_on > $as_of - 365), 0) AS BIGINT) AS value_minor,
       CAST(coalesce(sum(e.value_minor) FILTER (WHERE e.ordered_on BETWEEN $as_of - 729 AND $as_of - 365), 0)
            AS BIGINT) AS before_minor
FROM entry AS e
GROUP BY e.buyer, e.item;

-- Article numbers: what a person bought, and what they may call their own (for rules with owns('sku')).
-- Lists grow four times as fast where a person's entries come together.
CREATE OR REPLACE TABLE article AS
WITH mine AS (
    SELECT h.buyer AS buyer, i.sku AS sku, h.bought AS bought, h.owned AS owned
    FROM holding AS h
    JOIN product_item AS i ON i.item = h.item
    WHERE h.bought OR h.owned
    ORDER BY h.buyer
),
listed AS (
    SELECT m.buyer AS buyer, list_sort(list(m.sku) FILTER (WHERE m.bought)) AS bought,
           list_sort(list(m.sku) FILTER (WHERE m.owned)) AS owned
    FROM mine AS m
    GROUP BY m.buyer
)
SELECT b.customer_id AS customer_id, l.bought AS bought, l.owned AS owned
FROM listed AS l
JOIN buyer AS b ON b.buyer = l.buyer;
