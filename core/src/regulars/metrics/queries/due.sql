-- Orders whose rows may be other than they were: they, their refunds or their lines were stored after segment
-- $seq; their customer is another one; or they, a refund or a cancellation are dated after the last time ($since).
CREATE OR REPLACE TEMP TABLE due_order AS
SELECT o.connection AS connection, o.id AS order_id
FROM orders AS o
WHERE o.seq > $seq OR o.ordered_at >= $since OR o.cancelled_at >= $since
UNION
SELECT r.connection AS connection, r.order_id AS order_id
FROM refunds AS r
WHERE r.seq > $seq OR r.refunded_at >= $since
UNION
SELECT p.connection AS connection, p.order_id AS order_id
FROM refund_part AS p
JOIN refunds AS r ON r.connection = p.connection AND r.id = p.refund_id AND r.seq > $seq
UNION
SELECT l.connection AS connection, l.order_id AS order_id
FROM lines AS l
WHERE l.seq > $seq
UNION
SELECT t.connection AS connection, t.order_id AS order_id
FROM touched_order AS t;
