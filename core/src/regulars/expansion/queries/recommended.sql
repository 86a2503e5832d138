-- One row per customer for the catalogue: the best recommendation, what they bought, what is theirs, and what keeps
-- offers away.
CREATE OR REPLACE TABLE recommended AS
WITH best AS (
    SELECT a.customer_id AS customer_id, max(a.title) FILTER (WHERE a.position = 1) AS next_product,
           max(a.sku) FILTER (WHERE a.position = 1) AS next_sku,
           max(a.rule_id) FILTER (WHERE a.position = 1) AS next_rule,
           max(a.kind) FILTER (WHERE a.position = 1) = 'add_on' AS add_on_ready,
           max(a.kind) FILTER (WHERE a.position = 1) = 'upsell' AS upsell_ready
    FROM admissible AS a
    GROUP BY a.customer_id
),
offered AS (
    SELECT o.customer_id AS customer_id, max(o.offered_on) AS last_offer_on,
           max_by(o.segment, (o.offered_on, o.segment)) AS segment
    FROM offer AS o
    WHERE NOT o.held_out
    GROUP BY o.customer_id
)
SELECT c.customer_id AS customer_id, b.next_product AS next_product, b.next_sku AS next_sku,
       b.next_rule AS next_rule, coalesce(b.add_on_ready, false) AS add_on_ready,
       coalesce(b.upsell_ready, false) AS upsell_ready, o.last_offer_on AS last_offer_on,
       CASE WHEN o.last_offer_on > $as_of - $between_offers THEN o.segment END AS offer_segment,
       EXISTS (SELECT 1 FROM service_hold AS s WHERE s.customer_id = c.customer_id) AS service_hold,
       coalesce(w.bought, []) AS skus, coalesce(w.owned, []) AS owned_skus
FROM customer AS c
LEFT JOIN best AS b ON b.customer_id = c.customer_id
LEFT JOIN offered AS o ON o.customer_id = c.customer_id
LEFT JOIN article AS w ON w.customer_id = c.customer_id;

DROP TABLE article;
