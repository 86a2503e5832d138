-- A shop without a past: nobody is predicted. The same columns as with one.
CREATE OR REPLACE TABLE customer_clv (
    customer_id VARCHAR, p_alive DOUBLE, p_active_90d DOUBLE, p_active DOUBLE, next_order_on DATE,
    next_order_from DATE, next_order_until DATE, expected_orders_12m DOUBLE, discounted_orders_12m DOUBLE,
    expected_amount_minor DOUBLE, clv_12m_minor BIGINT, clv_12m_low_minor BIGINT, clv_12m_high_minor BIGINT,
    model VARCHAR, version VARCHAR, flags VARCHAR);

CREATE OR REPLACE TABLE clv_model (
    as_of DATE, model VARCHAR, fitted_on DATE, version VARCHAR, step VARCHAR, flags VARCHAR, customers BIGINT,
    repeaters BIGINT, discount DOUBLE, margin DOUBLE, active_days BIGINT, expected_orders_12m DOUBLE,
    clv_12m_minor BIGINT, clv_12m_low_minor BIGINT, clv_12m_high_minor BIGINT, expected_active_90d DOUBLE,
    payload VARCHAR);
