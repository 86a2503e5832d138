-- Who was sent by another customer, and everybody else: how many, how many ordered, what those are worth; people
-- who became known by ordering have nothing to convert from.
SELECT t.is_referred AS is_referred, count(*) AS leads, count(v.customer_id) AS ordered,
       count(*) FILTER (WHERE v.first_order_on <= t.known_on) AS began_with_order,
       count(p.clv_12m_minor) AS valued, CAST(coalesce(sum(p.clv_12m_minor), 0) AS BIGINT) AS value_minor
FROM first_touch AS t
LEFT JOIN customer_value AS v ON v.customer_id = t.customer_id
LEFT JOIN {value} AS p ON p.customer_id = v.customer_id
GROUP BY t.is_referred
