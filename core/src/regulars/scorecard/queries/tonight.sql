-- What is known of today alone: predicted values, and preferences that people told.
SELECT (SELECT CAST(quantile_disc(p.clv_12m_minor, 0.5) AS BIGINT) FROM {predicted} AS p) AS median,
       (SELECT CAST(quantile_disc(p.clv_12m_minor, 0.9) AS BIGINT) FROM {predicted} AS p) AS p90,
       (SELECT count(DISTINCT f.customer_id)
        FROM signals AS g JOIN profile AS f ON f.connection = g.connection AND f.person_id = g.person_id
        WHERE NOT g.deleted AND starts_with(g.kind, 'preference') AND coalesce(g.value, '') <> '') AS filled,
       (SELECT count(*) FROM signal_source AS s WHERE starts_with(s.kind, 'preference'))
           + (SELECT count(*) FROM signals AS g WHERE NOT g.deleted AND starts_with(g.kind, 'preference')) AS told,
       (SELECT count(*) FROM customer) AS people
