-- Living profiles of some customers on some connections, with address and what we wrote there.
SELECT f.customer_id AS customer_id, p.connection AS connection, p.id AS id, p.email AS email, p.held AS held
FROM persons AS p JOIN profile AS f ON f.connection = p.connection AND f.person_id = p.id
WHERE NOT p.deleted AND list_contains($connections::VARCHAR[], p.connection)
  AND (list_contains($customers::VARCHAR[], f.customer_id)
       OR list_contains($addresses::VARCHAR[], plain_address(p.email))
       OR contains(p.held, 'ecoa_email'));
