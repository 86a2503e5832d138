-- Per entry: whether an order followed inside the window, and whether the series reached the person.
WITH entry AS (
    SELECT unnest($ids::VARCHAR[]) AS customer_id, unnest($days::DATE[]) AS entered_on, unnest($arms::VARCHAR[]) AS arm
),
returned AS (
    SELECT DISTINCT e.customer_id AS customer_id, e.entered_on AS entered_on
    FROM entry AS e JOIN customer_day AS d ON d.customer_id = e.customer_id AND d.orders > 0
        AND d.ordered_on > e.entered_on AND d.ordered_on <= e.entered_on + CAST($measure_days AS INTEGER)
),
reached AS (
    SELECT f.customer_id AS customer_id
    FROM (
        SELECT connection, id AS person_id, unnest(lists) AS list FROM persons WHERE NOT deleted
        UNION ALL
        SELECT connection, person_id, list FROM memberships WHERE NOT deleted
        UNION ALL
        SELECT connection, person_id, campaign AS list FROM touches WHERE NOT deleted AND kind = 'sent'
    ) AS l JOIN profile AS f ON f.connection = l.connection AND f.person_id = l.person_id
    WHERE ends_with(l.list, $segment) OR contains(l.list, $series)
)
SELECT e.arm AS arm, count(*) AS people, count(r.customer_id) AS returned,
       count(*) FILTER (WHERE e.customer_id IN (FROM reached)) AS reached
FROM entry AS e
LEFT JOIN returned AS r ON r.customer_id = e.customer_id AND r.entered_on = e.entered_on
GROUP BY e.arm;
