-- Whose everything is that was done under a person's id or a guest's: the profile's customer, or that of the
-- profile it was merged into.
CREATE OR REPLACE TEMP TABLE person_now AS
SELECT f.connection AS connection, f.person_id AS person_id, f.customer_id AS customer_id
FROM profile AS f
UNION ALL
SELECT a.connection AS connection, a.id AS person_id, f.customer_id AS customer_id
FROM alias AS a
JOIN profile AS f ON f.connection = a.connection AND f.person_id = a.target;
