-- An order belongs to the profile it names, else to the guest of its address; else to nobody.
CREATE OR REPLACE TABLE order_customer AS
SELECT o.connection AS connection, o.id AS order_id, f.customer_id AS customer_id,
       coalesce(o.person_id, 'guest:' || left(sha256($key || '|guest|' || normal_email(o.email)), 20)) AS person_id
FROM {orders} AS o
LEFT JOIN person_now AS f ON f.connection = o.connection AND f.person_id = coalesce(
    o.person_id, 'guest:' || left(sha256($key || '|guest|' || normal_email(o.email)), 20))
WHERE NOT o.deleted;
