-- How each person first came, in the platforms' own words and as one of our sources; and whether another customer
-- sent them. Nothing is guessed: no word is "unknown", never "direct"; a word not listed is "other" and kept.
-- Told more than 30 days after a person was first known, it does not say how they came.
CREATE OR REPLACE TABLE first_touch AS
WITH word(said, source) AS (VALUES
    ('organic_search', 'search'), ('organic', 'search'), ('seo', 'search'), ('google', 'search'),
    ('bing', 'search'), ('search', 'search'), ('duckduckgo', 'search'),
    ('paid_search', 'paid'), ('paid_social', 'paid'), ('paid', 'paid'), ('ppc', 'paid'), ('cpc', 'paid'),
    ('ads', 'paid'), ('ad', 'paid'), ('google_ads', 'paid'), ('adwords', 'paid'), ('facebook_ads', 'paid'),
    ('display', 'paid'), ('retargeting', 'paid'),
    ('social_media', 'social'), ('social', 'social'), ('facebook', 'social'), ('instagram', 'social'),
    ('tiktok', 'social'), ('pinterest', 'social'), ('youtube', 'social'), ('twitter', 'social'),
    ('x', 'social'), ('linkedin', 'social'),
    ('email_marketing', 'email'), ('email', 'email'), ('e_mail', 'email'), ('newsletter', 'email'),
    ('referral', 'referral'), ('word_of_mouth', 'referral'), ('recommendation', 'referral'),
    ('referrals', 'partner'), ('partner', 'partner'), ('affiliate', 'partner'), ('affiliates', 'partner'),
    ('event', 'event'), ('fair', 'event'), ('trade_show', 'event'), ('exhibition', 'event'),
    ('webinar', 'event'), ('webcast', 'event'),
    ('store', 'store'), ('pos', 'store'), ('retail', 'store'), ('in_store', 'store'),
    ('form', 'form'), ('signup_form', 'form'), ('sign_up_form', 'form'), ('popup', 'form'),
    ('website', 'form'), ('landing_page', 'form'),
    ('import', 'import'), ('list_import', 'import'), ('csv', 'import'), ('offline', 'import'),
    ('offline_sources', 'import'),
    ('direct', 'direct'), ('direct_traffic', 'direct')
),
code AS (
    SELECT DISTINCT lower(trim(g.value)) AS code, f.customer_id AS owner
    FROM signals AS g JOIN profile AS f ON f.connection = g.connection AND f.person_id = g.person_id
    WHERE NOT g.deleted AND g.kind = 'referral_code' AND coalesce(trim(g.value), '') <> ''
),
heard AS (
    SELECT f.customer_id AS customer_id, 1 AS strength, trim(g.value) AS detail, CAST(NULL AS VARCHAR) AS source,
           coalesce(g.at, p.created_at) AS at
    FROM signals AS g JOIN profile AS f ON f.connection = g.connection AND f.person_id = g.person_id
    LEFT JOIN persons AS p ON p.connection = g.connection AND p.id = g.person_id
    WHERE NOT g.deleted AND g.kind = 'source' AND coalesce(trim(g.value), '') <> ''
    UNION ALL
    SELECT f.customer_id AS customer_id, 2 AS strength, trim(g.value) AS detail,
           CASE g.kind WHEN 'referrer' THEN 'referral' ELSE 'event' END AS source, coalesce(g.at, p.created_at) AS at
    FROM signals AS g JOIN profile AS f ON f.connection = g.connection AND f.person_id = g.person_id
    LEFT JOIN persons AS p ON p.connection = g.connection AND p.id = g.person_id
    WHERE NOT g.deleted AND g.kind IN ('referrer', 'event')
      AND lower(coalesce(g.value, 'true')) NOT IN ('false', 'no', '0', '')
    UNION ALL
    SELECT s.customer_id AS customer_id, 2 AS strength, u.code AS detail, 'referral' AS source, s.ordered_at AS at
    FROM code_uses AS u
    JOIN sale AS s ON s.connection = u.connection AND s.order_id = u.order_id
    JOIN code AS c ON c.code = lower(trim(u.code)) AND c.owner <> s.customer_id
    WHERE NOT u.deleted AND s.kind = 'counted'
    UNION ALL
    SELECT f.customer_id AS customer_id, 3 AS strength, t.campaign AS detail, 'event' AS source, t.at AS at
    FROM touches AS t JOIN profile AS f ON f.connection = t.connection AND f.person_id = t.person_id
    WHERE NOT t.deleted AND t.kind IN ('event', 'webinar')
    UNION ALL
    SELECT s.customer_id AS customer_id, 4 AS strength, o.source AS detail, 'store' AS source, s.ordered_at AS at
    FROM sale AS s JOIN orders AS o ON o.connection = s.connection AND o.id = s.order_id
    WHERE s.kind = 'counted' AND s.customer_id IS NOT NULL AND lower(o.source) = 'pos'
),
named AS (
    SELECT h.customer_id AS customer_id, h.strength AS strength, h.detail AS detail,
           CAST(timezone($zone, h.at) AS DATE) AS touched_on,
           coalesce(h.source, w.source, CASE WHEN h.detail ILIKE '%friend%' THEN 'referral' END, 'other') AS source
    FROM heard AS h
    LEFT JOIN word AS w ON h.source IS NULL
        AND w.said = trim(regexp_replace(lower(h.detail), '[^a-z0-9]+', '_', 'g'), '_')
    WHERE h.at IS NULL OR CAST(timezone($zone, h.at) AS DATE) <= $as_of
),
known AS (
    SELECT c.customer_id AS customer_id,
           least(coalesce(CAST(timezone($zone, c.created_at) AS DATE), v.first_order_on),
                 coalesce(v.first_order_on, CAST(timezone($zone, c.created_at) AS DATE))) AS known_on
    FROM customer AS c LEFT JOIN customer_value AS v ON v.customer_id = c.customer_id
),
first AS (
    SELECT n.customer_id AS customer_id, n.source AS source, n.detail AS detail, n.touched_on AS touched_on
    FROM named AS n JOIN known AS k ON k.customer_id = n.customer_id
    WHERE n.touched_on IS NULL OR k.known_on IS NULL OR n.touched_on <= k.known_on + 30
    QUALIFY row_number() OVER (PARTITION BY n.customer_id ORDER BY n.touched_on NULLS LAST, n.strength, n.source,
                               n.detail NULLS LAST) = 1
),
sent AS (
    SELECT n.customer_id AS customer_id, min(n.touched_on) AS sent_on
    FROM named AS n WHERE n.source = 'referral' GROUP BY n.customer_id
)
SELECT k.customer_id AS customer_id, coalesce(f.source, 'unknown') AS source, f.detail AS detail,
       f.touched_on AS touched_on, k.known_on AS known_on, s.customer_id IS NOT NULL AS is_referred
FROM known AS k
LEFT JOIN first AS f ON f.customer_id = k.customer_id
LEFT JOIN sent AS s ON s.customer_id = k.customer_id;
