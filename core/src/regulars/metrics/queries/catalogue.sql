-- What each customer bought last and is tagged with.
CREATE OR REPLACE TEMP TABLE last_parcel AS
WITH newest AS (
    SELECT s.customer_id AS customer_id, s.connection AS connection, s.order_id AS order_id
    FROM sale AS s
    WHERE s.kind = 'counted' AND s.customer_id IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY s.customer_id ORDER BY s.ordered_at DESC, s.connection, s.order_id) = 1
)
SELECT n.customer_id AS customer_id,
       CASE WHEN bool_and(coalesce(CAST(timezone($zone, f.delivered_at) AS DATE) <= $as_of, false)
                          OR (f.delivered_at IS NULL AND coalesce(lower(f.status), '') = 'delivered'))
            THEN 'delivered' ELSE max(lower(f.status)) FILTER (WHERE lower(f.status) <> 'delivered') END AS last_status
FROM newest AS n
JOIN fulfilments AS f ON f.connection = n.connection AND f.order_id = n.order_id AND NOT f.deleted
GROUP BY n.customer_id;

CREATE OR REPLACE TEMP TABLE tagged AS
SELECT x.customer_id AS customer_id, list_sort(list(DISTINCT x.tag)) AS tags
FROM (
    SELECT f.customer_id AS customer_id, unnest(p.tags) AS tag
    FROM persons AS p
    JOIN profile AS f ON f.connection = p.connection AND f.person_id = p.id
    WHERE NOT p.deleted
) AS x
GROUP BY x.customer_id;

-- Signals: seen where the kind is mapped (or comes from the platform itself) and the person has a profile there.
-- Whether a ticket is open is said once, where it keeps people out of promotions.
CREATE OR REPLACE TEMP TABLE sign AS
WITH source AS (
    SELECT s.kind AS kind, s.connection AS connection FROM signal_source AS s
    UNION
    SELECT g.kind AS kind, g.connection AS connection FROM signals AS g WHERE NOT g.deleted
),
visible AS (
    SELECT DISTINCT f.customer_id AS customer_id, s.kind AS kind
    FROM profile AS f JOIN source AS s ON s.connection = f.connection
),
given AS (
    SELECT f.customer_id AS customer_id, g.kind AS kind, g.value AS value,
           lower(coalesce(g.value, 'true')) NOT IN ('false', 'no', '0', '') AS holds
    FROM signals AS g
    JOIN profile AS f ON f.connection = g.connection AND f.person_id = g.person_id
    WHERE NOT g.deleted AND g.kind <> 'open_ticket'
      AND (g.at IS NULL OR CAST(timezone($zone, g.at) AS DATE) <= $as_of)
    QUALIFY row_number() OVER (PARTITION BY f.customer_id, g.kind ORDER BY g.at DESC NULLS LAST, g.updated_at DESC,
                               g.connection, g.id) = 1
)
SELECT v.customer_id AS customer_id,
       bool_or(h.customer_id IS NOT NULL) FILTER (WHERE v.kind = 'open_ticket') AS open_ticket,
       bool_or(coalesce(g.holds, false)) FILTER (WHERE v.kind = 'loyalty_member') AS loyalty_member,
       max(g.value) FILTER (WHERE v.kind = 'referrer') AS referrer,
       max(TRY_CAST(g.value AS DOUBLE)) FILTER (WHERE v.kind = 'review_score') AS review_score
FROM visible AS v
LEFT JOIN given AS g ON g.customer_id = v.customer_id AND g.kind = v.kind
LEFT JOIN service_hold AS h ON h.customer_id = v.customer_id AND h.reason = 'open ticket'
GROUP BY v.customer_id;

CREATE OR REPLACE TEMP TABLE reached AS
WITH channel AS (
    SELECT bool_or(v.channel IN ('phone', 'sms')) AS has_phone, bool_or(v.channel = 'post') AS has_post,
           bool_or(v.channel = 'push') AS has_push
    FROM verdict AS v
),
own AS (
    SELECT r.customer_id AS customer_id, bool_or(r.channel = 'email') AS email,
           bool_or(r.channel = 'phone') AS phone, bool_or(r.channel = 'post') AS post,
           bool_or(r.channel = 'push') AS push
    FROM reachable AS r
    GROUP BY r.customer_id
)
SELECT c.customer_id AS customer_id, coalesce(o.email, false) AS reach_email,
       CASE WHEN h.has_phone THEN coalesce(o.phone, false) END AS reach_phone,
       CASE WHEN h.has_post THEN coalesce(o.post, false) END AS reach_post,
       CASE WHEN h.has_push THEN coalesce(o.push, false) END AS reach_push
FROM customer AS c CROSS JOIN channel AS h
LEFT JOIN own AS o ON o.customer_id = c.customer_id;

CREATE OR REPLACE TABLE catalogue AS
SELECT c.customer_id AS customer_id, c.email AS email, c.first_name AS first_name, c.last_name AS last_name,
       c.country AS country, v.customer_id IS NOT NULL AS is_customer,
       coalesce(v.orders_count, 0) AS orders_count, v.first_order_on AS first_order_on,
       v.last_order_on AS last_order_on, CAST($as_of - v.first_order_on AS BIGINT) AS days_since_first,
       v.days_since_last AS days_since_last,
       CAST(CAST(coalesce(v.net_minor, 0) AS DECIMAL(18, 0)) * {unit} AS {money}) AS net_sales,
       CAST(CAST(v.average_order_minor AS DECIMAL(18, 0)) * {unit} AS {money}) AS average_order,
       v.refund_rate AS refund_rate, v.r AS r, v.f AS f, v.m AS m, v.fm AS fm, v.rfm_group AS rfm_group,
       CAST(CAST(v.clv_simple_minor AS DECIMAL(18, 0)) * {unit} AS {money}) AS clv_simple,
       CAST(CAST(x.clv_12m_minor AS DECIMAL(18, 0)) * {unit} AS {money}) AS clv_12m,
       CAST(CAST(x.clv_12m_low_minor AS DECIMAL(18, 0)) * {unit} AS {money}) AS clv_12m_low,
       CAST(CAST(x.clv_12m_high_minor AS DECIMAL(18, 0)) * {unit} AS {money}) AS clv_12m_high,
       x.expected_orders_12m AS expected_orders_12m, x.p_active_90d AS p_active_90d, x.p_active AS p_active,
       x.next_order_on AS next_order_on, x.model AS clv_model, x.flags AS clv_flags,
       s.state AS state, s.stage AS stage, s.level AS level, s.days_in_level AS days_in_level,
       s.stuck_in_basic AS stuck_in_basic, s.at_risk_on AS at_risk_on, s.lapsed_on AS lapsed_on,
       nullif(s.line_category, '') AS line_category, z.act_before AS act_before,
       coalesce(e.verdict, 'no') AS email_consent, coalesce(d.state, 'unknown') AS email_deliverable,
       w.reach_email AS reach_email, w.reach_phone AS reach_phone, w.reach_post AS reach_post,
       w.reach_push AS reach_push, ft.source AS first_source, ft.touched_on AS first_touch_on,
       ft.is_referred AS is_referred,
       lp.last_status AS last_status, g.open_ticket AS open_ticket, g.loyalty_member AS loyalty_member,
       g.referrer AS referrer, g.review_score AS review_score,
       coalesce(t.tags, []) AS tags, coalesce(n.skus, []) AS skus, coalesce(n.owned_skus, []) AS owned_skus,
       n.next_product AS next_product, n.next_sku AS next_sku, n.next_rule AS next_rule,
       n.add_on_ready AS add_on_ready, n.upsell_ready AS upsell_ready, n.last_offer_on AS last_offer_on,
       n.offer_segment AS offer_segment, n.service_hold AS service_hold,
       coalesce(z.quartiles[1], q.gap_p25) AS gap_p25, coalesce(z.quartiles[2], q.gap_p50) AS gap_p50,
       coalesce(z.quartiles[3], q.gap_p75) AS gap_p75, coalesce(z.quartiles[4], q.gap_p90) AS gap_p90,
       c.profiles AS profiles
FROM customer AS c
CROSS JOIN gap_line AS q
LEFT JOIN customer_value AS v ON v.customer_id = c.customer_id
LEFT JOIN customer_clv AS x ON x.customer_id = c.customer_id
LEFT JOIN standing AS s ON s.customer_id = c.customer_id
LEFT JOIN lifecycle_line AS z ON z.category = s.line_category
LEFT JOIN verdict AS e ON e.customer_id = c.customer_id AND e.channel = 'email'
LEFT JOIN deliverable AS d ON d.customer_id = c.customer_id
LEFT JOIN reached AS w ON w.customer_id = c.customer_id
LEFT JOIN first_touch AS ft ON ft.customer_id = c.customer_id
LEFT JOIN last_parcel AS lp ON lp.customer_id = c.customer_id
LEFT JOIN sign AS g ON g.customer_id = c.customer_id
LEFT JOIN tagged AS t ON t.customer_id = c.customer_id
LEFT JOIN recommended AS n ON n.customer_id = c.customer_id;

DROP TABLE last_parcel;
DROP TABLE tagged;
DROP TABLE sign;
DROP TABLE reached;
