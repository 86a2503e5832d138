-- What each refund takes off its order in the client's basis, in minor units of its own currency. Of tax that
-- came on top, a refund gives back the share of the goods it concerns; what was paid back beyond goods and
-- their tax is shipping, until all of it is given back. Both run over the order's refunds in their order, so
-- that giving everything back is exactly nothing.
CREATE OR REPLACE TABLE refund_part AS
WITH given AS (
    SELECT r.connection AS connection, r.id AS refund_id, r.order_id AS order_id, r.currency AS currency,
           r.refunded_at AS refunded_at, r.goods_minor AS goods_minor, r.goods_tax_minor AS goods_tax_minor,
           r.total_minor AS total_minor, o.shipping_minor AS shipping,
           o.shipping_minor - CASE WHEN $with_tax THEN 0
                                   ELSE tax_in_shipping(o.goods_tax_minor, o.shipping_minor, o.tax_minor) END
               AS shipping_worth,
           half_even(least(sum(CAST(r.goods_minor AS HUGEINT)) OVER so_far, CAST(o.goods_minor AS HUGEINT))
                     * tax_on_top(o.goods_minor, o.goods_tax_minor, o.shipping_minor, o.tax_minor, o.total_minor),
                     CASE WHEN o.goods_minor > 0 THEN o.goods_minor END) AS tax_so_far
    FROM refunds AS r
    JOIN {orders} AS o ON o.connection = r.connection AND o.id = r.order_id AND NOT o.deleted
    WHERE NOT r.deleted
    WINDOW so_far AS (PARTITION BY r.connection, r.order_id ORDER BY r.refunded_at, r.id)
),
taxed AS (
    SELECT g.*, coalesce(g.tax_so_far - lag(g.tax_so_far, 1, 0) OVER before, 0) AS tax_back
    FROM given AS g
    WINDOW before AS (PARTITION BY g.connection, g.order_id ORDER BY g.refunded_at, g.refund_id)
),
sent AS (
    SELECT t.*, half_even(
               least(sum(greatest(CAST(0 AS HUGEINT), t.total_minor - t.goods_minor - t.tax_back)) OVER so_far,
                     CAST(t.shipping AS HUGEINT)) * t.shipping_worth,
               CASE WHEN t.shipping > 0 THEN t.shipping END) AS shipping_so_far
    FROM taxed AS t
    WINDOW so_far AS (PARTITION BY t.connection, t.order_id ORDER BY t.refunded_at, t.refund_id)
)
SELECT s.connection AS connection, s.refund_id AS refund_id, s.order_id AS order_id, s.currency AS currency,
       CAST(timezone($zone, s.refunded_at) AS DATE) AS refunded_on, s.goods_minor AS goods_minor,
       CAST(s.goods_minor + CASE WHEN $with_tax THEN s.tax_back ELSE -s.goods_tax_minor END AS BIGINT)
           AS taxed_minor,
       CAST(s.goods_minor + CASE WHEN $with_tax THEN s.tax_back ELSE -s.goods_tax_minor END
            + CASE WHEN $with_shipping
                   THEN coalesce(s.shipping_so_far - lag(s.shipping_so_far, 1, 0) OVER before, 0) ELSE 0 END
            AS BIGINT) AS minor
FROM sent AS s
WINDOW before AS (PARTITION BY s.connection, s.order_id ORDER BY s.refunded_at, s.refund_id);

-- One row per living order known on $as_of, with what it counts as and its value in the client's currency:
-- goods after discounts, with or without tax and shipping, as the client's file says.
-- A refund is converted at its order's rate, so that giving everything back is exactly nothing.
CREATE OR REPLACE TABLE sale AS
WITH rate_span AS (
    SELECT f.currency AS currency, f.from_on AS from_on, f.num AS num, f.den AS den,
           lead(f.from_on, 1, DATE '9999-12-31') OVER (PARTITION BY f.currency ORDER BY f.from_on) AS until_on
    FROM fx AS f
),
given_back AS (
    SELECT p.connection AS connection, p.order_id AS order_id, min(p.currency) AS low, max(p.currency) AS high,
           sum(CAST(p.minor AS HUGEINT)) AS minor
    FROM {refund_part} AS p
    WHERE p.refunded_on <= $as_of
    GROUP BY p.connection, p.order_id
),
placed AS (
    SELECT o.connection AS connection, o.id AS order_id, c.customer_id AS customer_id,
           o.ordered_at AS ordered_at, CAST(timezone($zone, o.ordered_at) AS DATE) AS ordered_on,
           o.currency AS currency, o.goods_minor AS goods_minor,
           CAST(o.goods_minor AS HUGEINT)
               + CASE WHEN $with_tax
                      THEN tax_on_top(o.goods_minor, o.goods_tax_minor, o.shipping_minor, o.tax_minor, o.total_minor)
                      ELSE -o.goods_tax_minor END
               + CASE WHEN $with_shipping THEN o.shipping_minor ELSE 0 END
               - CASE WHEN $with_shipping AND NOT $with_tax
                      THEN tax_in_shipping(o.goods_tax_minor, o.shipping_minor, o.tax_minor) ELSE 0 END
               AS gross,
           coalesce(g.minor, 0) AS refund,
           $exclude_test AND o.test AS is_test,
           $exclude_cancelled AND coalesce(CAST(timezone($zone, o.cancelled_at) AS DATE) <= $as_of, false)
               AS is_cancelled,
           coalesce(list_has_any(list_transform(o.tags, lambda t: lower(t)), CAST($wholesale_tags AS VARCHAR[])),
                    false) OR ($wholesale_companies AND o.company_id IS NOT NULL) AS is_wholesale,
           coalesce(g.low <> o.currency OR g.high <> o.currency, false) AS is_mixed
    FROM {orders} AS o
    LEFT JOIN order_customer AS c ON c.connection = o.connection AND c.order_id = o.id
    LEFT JOIN given_back AS g ON g.connection = o.connection AND g.order_id = o.id
    WHERE NOT o.deleted AND CAST(timezone($zone, o.ordered_at) AS DATE) <= $as_of
),
judged AS (
    SELECT p.*, s.num AS num, s.den AS den,
           CASE WHEN p.is_test THEN 'test'
                WHEN p.is_cancelled THEN 'cancelled'
                WHEN p.is_wholesale THEN 'wholesale'
                WHEN p.goods_minor <= 0 THEN 'empty'
                WHEN s.num IS NULL OR p.is_mixed THEN 'quarantined'
                ELSE 'counted' END AS kind
    FROM placed AS p
    LEFT JOIN rate_span AS s
        ON s.currency = p.currency AND p.ordered_on >= s.from_on AND p.ordered_on < s.until_on
)
SELECT j.connection AS connection, j.order_id AS order_id, j.customer_id AS customer_id,
       j.ordered_at AS ordered_at, j.ordered_on AS ordered_on, j.kind AS kind,
       CASE WHEN j.kind <> 'quarantined' THEN NULL
            WHEN j.num IS NULL THEN 'no rate for ' || j.currency || ' on ' || strftime(j.ordered_on, '%Y-%m-%d')
            ELSE 'a refund in another currency than the order''s ' || j.currency END AS reason,
       j.currency AS currency,
       CAST(half_even(j.gross * j.num, j.den) AS BIGINT) AS gross_minor,
       CAST(half_even(j.gross * j.num, j.den) - half_even((j.gross - j.refund) * j.num, j.den) AS BIGINT)
           AS refund_minor,
       CAST(half_even(CASE WHEN $refund_date = 'order' THEN j.gross - j.refund ELSE j.gross END * j.num, j.den)
            AS BIGINT) AS net_minor
FROM judged AS j;

CREATE OR REPLACE TABLE refund_sale AS
SELECT p.connection AS connection, p.refund_id AS refund_id, p.order_id AS order_id, s.customer_id AS customer_id,
       p.refunded_on AS refunded_on, CAST(half_even(CAST(p.minor AS HUGEINT) * f.num, f.den) AS BIGINT) AS minor
FROM {refund_part} AS p
JOIN sale AS s ON s.connection = p.connection AND s.order_id = p.order_id AND s.kind = 'counted'
JOIN (
    SELECT x.currency AS currency, x.from_on AS from_on, x.num AS num, x.den AS den,
           lead(x.from_on, 1, DATE '9999-12-31') OVER (PARTITION BY x.currency ORDER BY x.from_on) AS until_on
    FROM fx AS x
) AS f ON f.currency = s.currency AND s.ordered_on >= f.from_on AND s.ordered_on < f.until_on
WHERE p.refunded_on <= $as_of;
