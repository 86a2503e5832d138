-- The lines in force, so that a published snapshot explains itself.
CREATE OR REPLACE TABLE lifecycle_basis AS
SELECT $as_of AS as_of, $line_on AS line_on, $stale AS stale, $at_risk AS at_risk, $lapsed AS lapsed,
       $redrawn_on AS redrawn_on, $has_offers AS has_offers, $basic_max_dwell AS basic_max_dwell, $series AS series,
       $new_customer AS new_customer, $down_after AS down_after, $act_days AS act_days,
       $department_days AS department_days, $bond_orders AS bond_orders, $bond_days AS bond_days,
       $bond_channels AS bond_channels;
