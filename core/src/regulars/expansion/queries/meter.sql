-- The cash-grab meter: what people did in the 14 days after an offer against the 14 days before it, and against
-- those held out. A month counts once its last offer is 14 days old.
CREATE OR REPLACE TABLE offer AS
SELECT f.customer_id AS customer_id, CAST(o.offered_on AS DATE) AS offered_on, o.segment AS segment,
       o.rule_id AS rule_id, o.held_out AS held_out
FROM offer_fact AS o
JOIN known_as AS f ON f.profile_key = o.subject
WHERE CAST(o.offered_on AS DATE) <= $as_of;

CREATE OR REPLACE TABLE offer_month AS
WITH harm AS (
    SELECT f.customer_id AS customer_id, CAST(timezone($zone, c.at) AS DATE) AS day,
           CASE c.state WHEN 'complained' THEN 'complaint' ELSE 'unsubscribe' END AS kind
    FROM consents AS c
    JOIN profile AS f ON f.connection = c.connection AND f.person_id = c.person_id
    WHERE NOT c.deleted AND c.state IN ('unsubscribed', 'complained') AND c.at IS NOT NULL
    UNION
    SELECT f.customer_id AS customer_id, CAST(timezone($zone, t.at) AS DATE) AS day, t.kind AS kind
    FROM touches AS t
    JOIN profile AS f ON f.connection = t.connection AND f.person_id = t.person_id
    WHERE NOT t.deleted AND t.kind IN ('unsubscribe', 'complaint')
    UNION
    SELECT s.customer_id AS customer_id, CAST(timezone($zone, r.refunded_at) AS DATE) AS day, 'refund' AS kind
    FROM refunds AS r
    JOIN order_customer AS s ON s.connection = r.connection AND s.order_id = r.order_id
    WHERE NOT r.deleted
),
made AS (
    SELECT DISTINCT o.customer_id AS customer_id, o.offered_on AS offered_on, o.held_out AS held_out,
           coalesce(o.rule_id, 'segment/' || o.segment) AS rule_id,
           CAST(date_trunc('month', o.offered_on) AS DATE) AS month
    FROM offer AS o
),
ordered AS (
    SELECT m.rule_id AS rule_id, m.month AS month, m.held_out AS held_out, CAST(sum(d.orders) AS BIGINT) AS orders
    FROM made AS m
    JOIN customer_day AS d ON d.customer_id = m.customer_id AND d.orders > 0
                          AND d.ordered_on > m.offered_on AND d.ordered_on <= least(m.offered_on + 30, $as_of)
    GROUP BY m.rule_id, m.month, m.held_out
),
harmed AS (
    SELECT m.rule_id AS rule_id, m.month AS month, m.held_out AS held_out,
           count(*) FILTER (WHERE h.day < m.offered_on) AS harm_before,
           count(*) FILTER (WHERE h.day > m.offered_on) AS harm_after,
           count(*) FILTER (WHERE h.day > m.offered_on AND h.kind = 'unsubscribe') AS unsubscribes_after,
           count(*) FILTER (WHERE h.day > m.offered_on AND h.kind = 'complaint') AS complaints_after,
           count(*) FILTER (WHERE h.day > m.offered_on AND h.kind = 'refund') AS refunds_after
    FROM made AS m
    JOIN harm AS h ON h.customer_id = m.customer_id AND h.day BETWEEN m.offered_on - 14 AND m.offered_on + 14
                  AND h.day <= $as_of
    GROUP BY m.rule_id, m.month, m.held_out
),
arm AS (
    SELECT m.rule_id AS rule_id, m.month AS month, m.held_out AS held_out, count(*) AS offers
    FROM made AS m
    GROUP BY m.rule_id, m.month, m.held_out
),
counted AS (
    SELECT a.rule_id AS rule_id, a.month AS month, a.held_out AS held_out, a.offers AS offers,
           coalesce(d.orders, 0) AS orders, coalesce(h.harm_before, 0) AS harm_before,
           coalesce(h.harm_after, 0) AS harm_after, coalesce(h.unsubscribes_after, 0) AS unsubscribes_after,
           coalesce(h.complaints_after, 0) AS complaints_after, coalesce(h.refunds_after, 0) AS refunds_after,
           last_day(a.month) + 14 <= $as_of AS ripe
    FROM arm AS a
    LEFT JOIN ordered AS d ON d.rule_id = a.rule_id AND d.month = a.month AND d.held_out = a.held_out
    LEFT JOIN harmed AS h ON h.rule_id = a.rule_id AND h.month = a.month AND h.held_out = a.held_out
)
SELECT t.rule_id AS rule_id, t.month AS month, t.ripe AS ripe, t.offers AS offers, t.orders AS orders,
       t.harm_before AS harm_before, t.harm_after AS harm_after, t.unsubscribes_after AS unsubscribes_after,
       t.complaints_after AS complaints_after, t.refunds_after AS refunds_after,
       coalesce(x.offers, 0) AS held_out, coalesce(x.harm_after, 0) AS held_out_harm,
       -- Bad: more than before beyond chance (one-sided, 95 %), and more than among those held out.
       t.ripe AND t.harm_after > t.harm_before
           AND (t.harm_after - t.harm_before) / sqrt(t.harm_after + t.harm_before) >= 1.644854
           AND (x.offers IS NULL OR t.harm_after * x.offers > x.harm_after * t.offers) AS bad
FROM counted AS t
LEFT JOIN counted AS x ON x.held_out AND x.rule_id = t.rule_id AND x.month = t.month
WHERE NOT t.held_out
ORDER BY t.rule_id, t.month;

-- Two bad months switch a rule off; accepting it again starts the count anew.
CREATE OR REPLACE TABLE rule_off AS
SELECT m.rule_id AS rule_id, count(*) AS bad_months, max(m.month) AS last_bad_month
FROM offer_month AS m
LEFT JOIN rule_decision AS c ON c.rule_id = m.rule_id AND c.decision = 'accept'
WHERE m.bad AND (c.rule_id IS NULL OR m.month > c.decided_on)
GROUP BY m.rule_id
HAVING count(*) >= 2;

DROP TABLE offer_fact;
