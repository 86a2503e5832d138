-- The last recorded move per kind and today's customer; a joined customer goes on with its own history.
CREATE OR REPLACE TABLE recorded AS
SELECT r.kind AS kind, f.customer_id AS customer_id, r.new AS new, r.moved_on AS moved_on
FROM recorded_fact AS r
JOIN known_as AS f ON f.profile_key = r.subject
QUALIFY row_number() OVER (PARTITION BY r.kind, f.customer_id
                           ORDER BY CASE WHEN r.subject = f.customer_id THEN 0 ELSE 1 END,
                                    r.moved_on DESC, r.subject) = 1;
DROP TABLE recorded_fact;
