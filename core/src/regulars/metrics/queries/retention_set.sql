-- Who was in which set of the last complete periods; filled span by span.
CREATE OR REPLACE TABLE retention_set (period VARCHAR, starts_on DATE, customer_id VARCHAR, part VARCHAR);
