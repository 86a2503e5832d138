-- State, stage and level of every customer known on $as_of. Recency is counted on $line_on: $as_of, or the day
-- of the newest order where the order source is stale; then nobody recorded goes down. The lines are those of
-- the category in which somebody is least late (silence.sql); `line_category` is that category.
CREATE OR REPLACE TABLE standing AS
WITH bought AS (
    SELECT d.customer_id AS customer_id, max(d.orders_so_far) AS orders, min(d.ordered_on) AS first_on,
           max(d.ordered_on) AS last_on, min(d.ordered_on) FILTER (WHERE d.orders_so_far >= 2) AS second_on,
           max(d.ordered_on) FILTER (WHERE d.returned) AS returned_on,
           max(d.at_risk_on) AS at_risk_on, max(d.lapsed_on) AS lapsed_on
    FROM silence AS d
    GROUP BY d.customer_id
),
last_in AS (
    SELECT c.customer_id AS customer_id, c.category AS category, max(c.ordered_on) AS last_on
    FROM category_day AS c
    WHERE c.ordered_on <= $as_of
    GROUP BY c.customer_id, c.category
),
least_late AS (
    SELECT b.customer_id AS customer_id,
           max(struct_pack(until_on := b.last_on + l.at_risk, category := b.category)).category AS at_risk_by,
           max(struct_pack(until_on := b.last_on + l.lapsed, category := b.category)).category AS lapsed_by
    FROM last_in AS b
    JOIN lifecycle_line AS l ON l.category = b.category
    GROUP BY b.customer_id
),
seen AS (
    SELECT a.customer_id AS customer_id, min(a.acted_on) AS acted_on FROM act AS a GROUP BY a.customer_id
),
known AS (
    SELECT c.customer_id AS customer_id,
           coalesce(least(CAST(timezone($zone, c.created_at) AS DATE), s.acted_on), $as_of) AS known_on,
           coalesce(b.orders, 0) AS orders, b.first_on AS first_on, b.last_on AS last_on, b.second_on AS second_on,
           b.returned_on AS returned_on, b.at_risk_on AS at_risk_on, b.lapsed_on AS lapsed_on
    FROM customer AS c
    LEFT JOIN seen AS s ON s.customer_id = c.customer_id
    LEFT JOIN bought AS b ON b.customer_id = c.customer_id
),
computed AS (
    SELECT k.*,
           CASE WHEN k.orders = 0 THEN 'prospect'
                WHEN $line_on >= k.lapsed_on THEN 'lapsed'
                WHEN $line_on >= k.at_risk_on THEN 'at_risk'
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
                WHEN s.state = 'active'
                     AND CASE WHEN $has_offers THEN o.customer_id IS NOT NULL ELSE s.orders >= 2 END THEN 'expansion'
                ELSE 'retention' END AS stage
    FROM stated AS s
    LEFT JOIN offered AS o ON o.customer_id = s.customer_id
),
levelled AS (
    SELECT y.customer_id AS customer_id, max(y.level) AS level
    FROM level_stay AS y
    WHERE y.from_on <= $as_of AND y.until_on >= $as_of
    GROUP BY y.customer_id
),
level_began AS (
    SELECT y.customer_id AS customer_id,
           greatest(max(y.from_on) FILTER (WHERE y.level = v.level AND y.from_on <= $as_of),
                    max(y.until_on) FILTER (WHERE y.level > v.level AND y.until_on < $as_of) + 1) AS since
    FROM level_stay AS y
    JOIN levelled AS v ON v.customer_id = y.customer_id
    GROUP BY y.customer_id
),
level_ended AS (
    SELECT y.customer_id AS customer_id, max(y.until_on) + 1 AS since
    FROM level_stay AS y WHERE y.until_on < $as_of GROUP BY y.customer_id
),
dated AS (
    SELECT s.customer_id AS customer_id, s.state AS state, s.stage AS stage, coalesce(v.level, 0) AS level,
           s.at_risk_on AS at_risk_on, s.lapsed_on AS lapsed_on,
           CASE WHEN s.state = 'active' THEN x.at_risk_by ELSE x.lapsed_by END AS line_category,
           CASE s.state WHEN 'prospect' THEN s.known_on
                        WHEN 'active' THEN coalesce(s.returned_on, s.first_on)
                        WHEN 'at_risk' THEN s.at_risk_on
                        ELSE s.lapsed_on END AS state_since,
           CASE WHEN s.stage = 'acquisition' THEN s.known_on
                WHEN s.stage = 'reactivation' THEN s.lapsed_on
                WHEN s.orders = 1 THEN s.first_on + $new_customer
                WHEN s.state = 'at_risk' THEN s.at_risk_on
                ELSE greatest(s.second_on, coalesce(s.returned_on, s.second_on)) END AS stage_since,
           coalesce(b.since, e.since, s.known_on) AS level_since
    FROM staged AS s
    LEFT JOIN least_late AS x ON x.customer_id = s.customer_id
    LEFT JOIN levelled AS v ON v.customer_id = s.customer_id
    LEFT JOIN level_began AS b ON b.customer_id = s.customer_id
    LEFT JOIN level_ended AS e ON e.customer_id = s.customer_id
)
SELECT d.customer_id AS customer_id, d.state AS state, d.stage AS stage,
       CASE d.level WHEN 0 THEN 'exploratory' WHEN 1 THEN 'basic' WHEN 2 THEN 'collaborated'
                    ELSE 'interconnected' END AS level,
       least(d.state_since, $as_of) AS state_since, least(d.stage_since, $as_of) AS stage_since,
       least(d.level_since, $as_of) AS level_since,
       CAST($as_of - least(d.level_since, $as_of) AS BIGINT) AS days_in_level,
       d.level = 1 AND $as_of - least(d.level_since, $as_of) > $basic_max_dwell AS stuck_in_basic,
       d.at_risk_on AS at_risk_on, d.lapsed_on AS lapsed_on, d.line_category AS line_category
FROM dated AS d;
