-- What happened on each day of a span, from the records as their platform sent them: orders on their day, refunds
-- on theirs. `goods`, `discount` and `returned` are in the record's own currency. The others are in the client's,
-- each one step further on the way to its basis:
-- own    goods sold, less goods given back on the day of the refund
-- moved  the same, the refunds on the day on which the client counts them
-- taxed  with or without tax, as the client counts
-- full   with or without shipping, as the client counts
-- `kind` and `known` (whether the customer is) are what the night made of the order.
WITH rate_span AS (
    SELECT f.currency AS currency, f.from_on AS from_on, f.num AS num, f.den AS den,
           lead(f.from_on, 1, DATE '9999-12-31') OVER (PARTITION BY f.currency ORDER BY f.from_on) AS until_on
    FROM fx AS f
),
given AS (
    SELECT r.connection AS connection, r.order_id AS order_id, r.currency AS currency,
           CAST(timezone($zone, r.refunded_at) AS DATE) AS day, CAST(r.goods_minor AS HUGEINT) AS goods,
           CAST(p.taxed_minor AS HUGEINT) AS taxed, CAST(p.minor AS HUGEINT) AS minor
    FROM refunds AS r
    JOIN refund_part AS p ON p.connection = r.connection AND p.refund_id = r.id
    WHERE NOT r.deleted AND CAST(timezone($zone, r.refunded_at) AS DATE) <= $as_of
),
back AS (
    SELECT g.connection AS connection, g.order_id AS order_id, sum(g.goods) AS goods, sum(g.taxed) AS taxed,
           sum(g.minor) AS minor, count(*) FILTER (WHERE g.day < $starts_on OR g.day > $ends_on) AS outside,
           bool_or(g.day >= $starts_on AND g.day <= $ends_on) AS touched
    FROM given AS g
    GROUP BY g.connection, g.order_id
),
placed AS (
    SELECT o.connection AS connection, o.id AS order_id, o.currency AS currency,
           CAST(timezone($zone, o.ordered_at) AS DATE) AS day, CAST(o.goods_minor AS HUGEINT) AS goods,
           o.discount_minor AS discount,
           o.goods_minor + CASE WHEN $with_tax
                                THEN tax_on_top(o.goods_minor, o.goods_tax_minor, o.shipping_minor, o.tax_minor,
                                                o.total_minor)
                                ELSE CAST(-o.goods_tax_minor AS HUGEINT) END AS taxed,
           CASE WHEN $with_shipping
                THEN o.shipping_minor - CASE WHEN $with_tax THEN CAST(0 AS HUGEINT)
                                             ELSE tax_in_shipping(o.goods_tax_minor, o.shipping_minor, o.tax_minor)
                                        END
                ELSE CAST(0 AS HUGEINT) END AS shipping,
           coalesce(b.goods, 0) AS back_goods, coalesce(b.taxed, 0) AS back_taxed, coalesce(b.minor, 0) AS back_full,
           coalesce(b.outside, 0) AS outside
    FROM orders AS o
    LEFT JOIN back AS b ON b.connection = o.connection AND b.order_id = o.id
    WHERE NOT o.deleted AND CAST(timezone($zone, o.ordered_at) AS DATE) <= $as_of
      AND (CAST(timezone($zone, o.ordered_at) AS DATE) BETWEEN $starts_on AND $ends_on OR coalesce(b.touched, false))
),
judged AS (
    SELECT p.*, coalesce(s.kind, 'missing') AS kind, s.customer_id IS NOT NULL AS known, f.num AS num, f.den AS den,
           $refund_date = 'order' AND coalesce(s.kind, 'missing') NOT IN ('quarantined', 'missing') AS moves
    FROM placed AS p
    LEFT JOIN sale AS s ON s.connection = p.connection AND s.order_id = p.order_id
    LEFT JOIN rate_span AS f ON f.currency = p.currency AND p.day >= f.from_on AND p.day < f.until_on
),
event AS (
    SELECT j.day AS day, j.connection AS connection, j.currency AS currency, j.kind AS kind, j.known AS known,
           1 AS orders, 0 AS refunds, CASE WHEN j.moves THEN j.outside ELSE 0 END AS shifted,
           j.goods AS goods, j.discount AS discount, CAST(0 AS HUGEINT) AS returned,
           half_even(j.goods * j.num, j.den) AS own,
           half_even((j.goods - CASE WHEN j.moves THEN j.back_goods ELSE 0 END) * j.num, j.den) AS moved,
           half_even((j.taxed - CASE WHEN j.moves THEN j.back_taxed ELSE 0 END) * j.num, j.den) AS taxed,
           half_even((j.taxed + j.shipping - CASE WHEN j.moves THEN j.back_full ELSE 0 END) * j.num, j.den) AS full_
    FROM judged AS j
    WHERE j.day BETWEEN $starts_on AND $ends_on
    UNION ALL
    SELECT g.day AS day, g.connection AS connection, g.currency AS currency, j.kind AS kind, j.known AS known,
           0 AS orders, 1 AS refunds,
           CASE WHEN j.moves AND (j.day < $starts_on OR j.day > $ends_on) THEN 1 ELSE 0 END AS shifted,
           CAST(0 AS HUGEINT) AS goods, 0 AS discount, g.goods AS returned,
           -half_even(g.goods * f.num, f.den) AS own,
           CASE WHEN j.moves THEN 0 ELSE -half_even(g.goods * f.num, f.den) END AS moved,
           CASE WHEN j.moves THEN 0 ELSE -half_even(g.taxed * f.num, f.den) END AS taxed,
           CASE WHEN j.moves THEN 0 ELSE -half_even(g.minor * f.num, f.den) END AS full_
    FROM given AS g
    JOIN judged AS j ON j.connection = g.connection AND j.order_id = g.order_id
    LEFT JOIN rate_span AS f ON f.currency = g.currency AND j.day >= f.from_on AND j.day < f.until_on
    WHERE g.day BETWEEN $starts_on AND $ends_on
)
SELECT e.day AS day, e.connection AS connection, e.currency AS currency, e.kind AS kind, e.known AS known,
       CAST(sum(e.orders) AS BIGINT) AS orders, CAST(sum(e.refunds) AS BIGINT) AS refunds,
       CAST(sum(e.shifted) AS BIGINT) AS shifted, CAST(sum(e.goods) AS BIGINT) AS goods,
       CAST(sum(e.discount) AS BIGINT) AS discount, CAST(sum(e.returned) AS BIGINT) AS returned,
       CAST(coalesce(sum(e.own), 0) AS BIGINT) AS own, CAST(coalesce(sum(e.moved), 0) AS BIGINT) AS moved,
       CAST(coalesce(sum(e.taxed), 0) AS BIGINT) AS taxed, CAST(coalesce(sum(e.full_), 0) AS BIGINT) AS full_
FROM event AS e
GROUP BY e.day, e.connection, e.currency, e.kind, e.known
ORDER BY e.day, e.connection, e.currency, e.kind, e.known
