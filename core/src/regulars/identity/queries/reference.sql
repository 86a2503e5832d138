-- What a profile is called outside the warehouse: nobody who has not the client's key can tell whose it is.
CREATE OR REPLACE TEMP MACRO reference(key, connection, id) AS left(sha256(key || '|' || connection || '|' || id), 20);
