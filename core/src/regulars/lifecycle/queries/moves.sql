-- New moves of one kind. A move is dated by the data, or by tonight where the data changed afterwards, and never
-- before the day on which the lines were drawn anew; at most one a day, so that the dates of a history strictly rise.
WITH now_at AS (
    SELECT s.customer_id AS customer_id,
           CASE $kind WHEN 'state' THEN s.state WHEN 'stage' THEN s.stage ELSE s.level END AS new,
           CASE $kind WHEN 'state' THEN s.state_since WHEN 'stage' THEN s.stage_since ELSE s.level_since END AS since
    FROM standing AS s
)
SELECT n.customer_id AS customer_id,
       CASE WHEN r.new IS NULL THEN n.since
            WHEN r.moved_on >= greatest(n.since, b.redrawn_on) THEN $as_of
            ELSE greatest(n.since, b.redrawn_on) END AS moved_on, r.new AS old, n.new AS new
FROM now_at AS n CROSS JOIN lifecycle_basis AS b
LEFT JOIN recorded AS r ON r.customer_id = n.customer_id AND r.kind = $kind
WHERE r.new IS NULL OR (r.new <> n.new AND r.moved_on < $as_of)
ORDER BY n.customer_id
