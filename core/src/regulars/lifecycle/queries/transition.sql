-- Customers by their recorded stage at the end of two days; old is NULL for who came since.
WITH told AS (
    SELECT f.customer_id AS customer_id, m.subject AS subject, m.moved_on AS moved_on, m.new AS new
    FROM stage_move AS m
    JOIN known_as AS f ON f.profile_key = m.subject
    WHERE m.moved_on <= $ends_on
),
own AS (
    SELECT t.*, rank() OVER (PARTITION BY t.customer_id
                             ORDER BY CASE WHEN t.subject = t.customer_id THEN 0 ELSE 1 END, t.subject) AS place
    FROM told AS t
)
SELECT o.old AS old, o.new AS new, count(*) AS customers
FROM (
    SELECT w.customer_id AS customer_id, max_by(w.new, w.moved_on) FILTER (WHERE w.moved_on <= $starts_on) AS old,
           max_by(w.new, w.moved_on) AS new
    FROM own AS w
    WHERE w.place = 1
    GROUP BY w.customer_id
) AS o
GROUP BY o.old, o.new
