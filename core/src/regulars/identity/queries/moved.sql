-- Orders of people who are another customer by now, and orders stored since segment $seq: they go, to be
-- entered again.
CREATE OR REPLACE TEMP TABLE moved_order AS
WITH moved AS (
    SELECT coalesce(n.connection, b.connection) AS connection, coalesce(n.person_id, b.person_id) AS person_id
    FROM person_now AS n
    FULL JOIN person_customer AS b ON b.connection = n.connection AND b.person_id = n.person_id
    WHERE n.customer_id IS DISTINCT FROM b.customer_id
)
SELECT c.connection AS connection, c.order_id AS order_id
FROM order_customer AS c
SEMI JOIN moved AS m ON m.connection = c.connection AND m.person_id = c.person_id;

INSERT INTO touched_order
SELECT m.connection AS connection, m.order_id AS order_id FROM moved_order AS m;

INSERT INTO moved_order
SELECT o.connection AS connection, o.id AS order_id
FROM orders AS o
ANTI JOIN moved_order AS m ON m.connection = o.connection AND m.order_id = o.id
WHERE o.seq > $seq;

DELETE FROM order_customer USING moved_order AS m
WHERE m.connection = order_customer.connection AND m.order_id = order_customer.order_id;
