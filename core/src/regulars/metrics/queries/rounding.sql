-- Whole minor units from an exact fraction, half to even; the sign does not matter. NULL over nothing.
CREATE OR REPLACE TEMP MACRO half_even(n, d) AS
    CASE WHEN n < 0 THEN -1 ELSE 1 END
    * (abs(n) // nullif(d, 0)
       + CASE WHEN 2 * (abs(n) % nullif(d, 0)) > d
                OR (2 * (abs(n) % nullif(d, 0)) = d AND (abs(n) // nullif(d, 0)) % 2 = 1)
              THEN 1 ELSE 0 END);
