-- One row per living order known on $as_of, with what it counts as and its value in the client's currency.
-- A refund is converted at its order's rate, so that giving everything back is exactly nothing.
CREATE OR REPLACE TABLE sale AS
WITH rate_span AS (
    SELECT f.currency AS currency, f.from_on AS from_on, f.num AS num, f.den AS den,
           lead(f.from_on, 1, DATE '9999-12-31') OVER (PARTITION BY f.currency ORDER BY f.from_on) AS until_on
    FROM fx AS f
),
given_back AS (
    SELECT r.connection AS connection, r.order_id AS order_id, min(r.currency) AS low, max(r.currency) AS high,
           sum(CAST(r.goods_minor - r.goods_tax_minor AS HUGEINT)) AS minor
    FROM refunds AS r
    WHERE NOT r.deleted AND CAST(timezone($zone, r.refunded_at) AS DATE) <= $as_of
    GROUP BY r.connection, r.order_id
),
placed AS (
    SELECT o.connection AS connection, o.id AS order_id, c.customer_id AS customer_id,
           o.ordered_at AS ordered_at, CAST(timezone($zone, o.ordered_at) AS DATE) AS ordered_on,
           o.currency AS currency, o.goods_minor AS goods_minor,
           CAST(o.goods_minor - o.goods_tax_minor AS HUGEINT) AS gross, coalesce(g.minor, 0) AS refund,
           $exclude_test AND o.test AS is_test,
           $exclude_cancelled AND coalesce(CAST(timezone($zone, o.cancelled_at) AS DATE) <= $as_of, false)
               AS is_cancelled,
           coalesce(list_has_any(list_transform(o.tags, lambda t: lower(t)), CAST($wholesale_tags AS VARCHAR[])),
                    false) OR ($wholesale_companies AND o.company_id IS NOT NULL) AS is_wholesale,
           coalesce(g.low <> o.currency OR g.high <> o.currency, false) AS is_mixed
    FROM orders AS o
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
SELECT r.connection AS connection, r.id AS refund_id, r.order_id AS order_id, s.customer_id AS customer_id,
       CAST(timezone($zone, r.refunded_at) AS DATE) AS refunded_on,
       CAST(half_even(CAST(r.goods_minor - r.goods_tax_minor AS HUGEINT) * f.num, f.den) AS BIGINT) AS minor
FROM refunds AS r
JOIN sale AS s ON s.connection = r.connection AND s.order_id = r.order_id AND s.kind = 'counted'
JOIN (
    SELECT x.currency AS currency, x.from_on AS from_on, x.num AS num, x.den AS den,
           lead(x.from_on, 1, DATE '9999-12-31') OVER (PARTITION BY x.currency ORDER BY x.from_on) AS until_on
    FROM fx AS x
) AS f ON f.currency = s.currency AND s.ordered_on >= f.from_on AND s.ordered_on < f.until_on
WHERE NOT r.deleted AND CAST(timezone($zone, r.refunded_at) AS DATE) <= $as_of;
