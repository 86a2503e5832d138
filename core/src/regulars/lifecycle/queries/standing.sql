-- State, stage and level of every customer known on $as_of. Recency is counted on $line_on: $as_of, or the day
-- of the newest order where the order source is stale; then nobody recorded goes down.
CREATE OR REPLACE TABLE standing AS
WITH day AS (
    SELECT d.customer_id AS customer_id, d.ordered_on AS ordered_on,
           sum(d.orders) OVER w AS orders_so_far,
           d.ordered_on - lag(d.ordered_on) OVER w AS gap
    FROM customer_day AS d
    WHERE d.orders > 0 AND d.ordered_on <= $as_of
    WINDOW w AS (PARTITION BY d.customer_id ORDER BY d.ordered_on)
),
bought AS (
    SELECT d.customer_id AS customer_id, max(d.orders_so_far) AS orders, min(d.ordered_on) AS first_on,
           max(d.ordered_on) AS last_on, min(d.ordered_on) FILTER (WHERE d.orders_so_far >= 2) AS second_on,
           max(d.ordered_on) FILTER (WHERE d.gap > $at_risk) AS returned_on
    FROM day AS d
    GROUP BY d.customer_id
),
seen AS (
    SELECT a.customer_id AS customer_id, min(a.acted_on) AS acted_on FROM act AS a GROUP BY a.customer_id
),
known AS (
    SELECT c.customer_id AS customer_id,
           coalesce(least(CAST(timezone($zone, c.created_at) AS DATE), s.acted_on), $as_of) AS known_on,
           coalesce(b.orders, 0) AS orders, b.first_on AS first_on, b.last_on AS last_on, b.second_on AS second_on,
           b.returned_on AS returned_on
    FROM customer AS c
    LEFT JOIN seen AS s ON s.customer_id = c.customer_id
    LEFT JOIN bought AS b ON b.customer_id = c.customer_id
),
computed AS (
    SELECT k.*,
           CASE WHEN k.orders = 0 THEN 'prospect'
                WHEN $line_on - k.last_on >= $lapsed THEN 'lapsed'
                WHEN $line_on - k.last_on >= $at_risk THEN 'at_risk'
                ELSE 'active' END AS computed_state,
           p.new AS said_state, p.moved_on AS said_on
    FROM known AS k
    LEFT JOIN recorded AS p ON p.customer_id = k.customer_id AND p.kind = 'state'
    WHERE k.known_on <= $as_of
),
stated AS (
    SELECT c.*,
           CASE WHEN $stale AND c.orders > 0 AND c.said_state = 'active' THEN 'active'
                WHEN $stale AND c.said_state IN ('at_risk', 'lapsed') AND c.last_on < c.said_on THEN c.said_state
                ELSE c.computed_state END AS state
    FROM computed AS c
),
staged AS (
    SELECT s.*,
           CASE WHEN s.orders = 0 THEN 'acquisition'
                WHEN s.state = 'lapsed' THEN 'reactivation'
                WHEN s.orders = 1 AND $as_of - s.first_on < $new_customer THEN 'acquisition'
                WHEN s.orders >= 2 AND s.state = 'active' THEN 'expansion'
                ELSE 'retention' END AS stage
    FROM stated AS s
),
levelled AS (
    SELECT y.customer_id AS customer_id, max(y.level) AS level
    FROM level_stay AS y
    WHERE y.from_on <= $as_of AND y.until_on >= $as_of
    GROUP BY y.customer_id
),
level_began AS (
    SELECT v.customer_id AS customer_id, greatest(
               (SELECT max(y.from_on) FROM level_stay AS y
                WHERE y.customer_id = v.customer_id AND y.level = v.level AND y.from_on <= $as_of),
               (SELECT max(y.until_on) + 1 FROM level_stay AS y
                WHERE y.customer_id = v.customer_id AND y.level > v.level AND y.until_on < $as_of)) AS since
    FROM levelled AS v
),
level_ended AS (
    SELECT y.customer_id AS customer_id, max(y.until_on) + 1 AS since
    FROM level_stay AS y WHERE y.until_on < $as_of GROUP BY y.customer_id
),
dated AS (
    SELECT s.customer_id AS customer_id, s.state AS state, s.stage AS stage, coalesce(v.level, 0) AS level,
           CASE s.state WHEN 'prospect' THEN s.known_on
                        WHEN 'active' THEN coalesce(s.returned_on, s.first_on)
                        WHEN 'at_risk' THEN s.last_on + $at_risk
                        ELSE s.last_on + $lapsed END AS state_since,
           CASE s.stage WHEN 'acquisition' THEN s.known_on
                        WHEN 'reactivation' THEN s.last_on + $lapsed
                        WHEN 'expansion' THEN greatest(s.second_on, coalesce(s.returned_on, s.second_on))
                        ELSE CASE WHEN s.orders >= 2 THEN s.last_on + $at_risk
                                  ELSE s.first_on + $new_customer END END AS stage_since,
           coalesce(b.since, e.since, s.known_on) AS level_since
    FROM staged AS s
    LEFT JOIN levelled AS v ON v.customer_id = s.customer_id
    LEFT JOIN level_began AS b ON b.customer_id = s.customer_id
    LEFT JOIN level_ended AS e ON e.customer_id = s.customer_id
)
SELECT d.customer_id AS customer_id, d.state AS state, d.stage AS stage,
       CASE d.level WHEN 0 THEN 'exploratory' WHEN 1 THEN 'basic' WHEN 2 THEN 'collaborated'
                    ELSE 'interconnected' END AS level,
       least(d.state_since, $as_of) AS state_since, least(d.stage_since, $as_of) AS stage_since,
       least(d.level_since, $as_of) AS level_since, CAST($as_of - least(d.level_since, $as_of) AS BIGINT)
           AS days_in_level
FROM dated AS d;
