-- What is known of some addresses: who has them, and whether anybody said no there.
SELECT a.address AS address, k.customer_id AS customer_id, w.address IS NOT NULL AS withdrawn,
       coalesce(b.hard, false) AS hard
FROM (SELECT DISTINCT unnest($addresses::VARCHAR[]) AS address) AS a
LEFT JOIN known_address AS k ON k.address = a.address
LEFT JOIN withdrawn_address AS w ON w.address = a.address
LEFT JOIN bounced_address AS b ON b.address = a.address;
