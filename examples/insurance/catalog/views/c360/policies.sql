SELECT 'Vehicle' AS policy_type, policy_id, customer_id, premium, started_on, active FROM motor.vehicle_policies
UNION ALL
SELECT 'Home', policy_id, customer_id, premium, started_on, active FROM property.home_policies
UNION ALL
SELECT 'Life', policy_id, customer_id, premium, started_on, active FROM life.life_policies
