-- Profiles on a connection of some customers, of some addresses, or with an address that we once wrote.
SELECT f.customer_id AS customer_id, p.id AS id, p.email AS email
FROM persons AS p JOIN profile AS f ON f.connection = p.connection AND f.person_id = p.id
WHERE NOT p.deleted AND p.connection = $connection
  AND (list_contains($customers::VARCHAR[], f.customer_id)
       OR list_contains($addresses::VARCHAR[], plain_address(p.email))
       OR contains(p.held, 'ecoa_email'))
ORDER BY p.id;
