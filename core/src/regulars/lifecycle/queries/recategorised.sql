-- Whose categories are made again: the touched, and who bought a product that is in another category by now.
CREATE OR REPLACE TEMP TABLE recategorised AS
WITH now_in AS (
    SELECT p.connection AS connection, p.id AS id, p.category AS category FROM products AS p WHERE NOT p.deleted
),
moved AS (
    SELECT coalesce(n.connection, b.connection) AS connection, coalesce(n.id, b.id) AS id
    FROM now_in AS n
    FULL JOIN product_category AS b ON b.connection = n.connection AND b.id = n.id
    WHERE n.category IS DISTINCT FROM b.category
)
SELECT t.customer_id AS customer_id FROM touched_customer AS t
UNION
SELECT s.customer_id AS customer_id
FROM moved AS m
JOIN lines AS l ON l.connection = m.connection AND l.product_id = m.id
JOIN sale AS s ON s.connection = l.connection AND s.order_id = l.order_id
WHERE s.customer_id IS NOT NULL;

DELETE FROM category_day USING recategorised AS r WHERE r.customer_id = category_day.customer_id;
