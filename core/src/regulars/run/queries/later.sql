-- In a copy of a snapshot: who became known after $as_of (the rule of standing.sql) is marked as not there, with what
-- they bought as guests. The rest of a customer stays who it is.
CREATE OR REPLACE TEMP TABLE newcomer AS
SELECT c.customer_id AS customer_id
FROM customer AS c
LEFT JOIN act AS a ON a.customer_id = c.customer_id
GROUP BY c.customer_id, c.created_at
HAVING least(CAST(timezone($zone, c.created_at) AS DATE), min(a.acted_on)) > $as_of;

UPDATE persons SET deleted = true
FROM profile AS f SEMI JOIN newcomer AS n ON n.customer_id = f.customer_id
WHERE f.connection = persons.connection AND f.person_id = persons.id;

UPDATE orders SET deleted = true
FROM order_customer AS c SEMI JOIN newcomer AS n ON n.customer_id = c.customer_id
WHERE c.connection = orders.connection AND c.order_id = orders.id AND orders.person_id IS NULL;

DROP TABLE newcomer;
