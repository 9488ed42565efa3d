/**
 * An insurer whose policies live in one system per line of business: vehicles in PostgreSQL, homes in MariaDB, lives in
 * Parquet files. Customers are in a PostgreSQL of their own, claims in another MariaDB database.
 */
import type { ExampleSources } from '../load-sources.js'

export const INSURANCE: ExampleSources = {
  postgres: {
    insurance_crm: `
      CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, country char(2) NOT NULL, born date NOT NULL);
      INSERT INTO customers SELECT i, 'Customer ' || i, (ARRAY['DE','FR','GB','ES','IT','NL','PL','SE'])[1 + i % 8],
        DATE '1940-01-01' + (i * 7919) % 22000
      FROM generate_series(1, 2000) i`,
    insurance_motor: `
      CREATE TABLE vehicle_policies (policy_id int PRIMARY KEY, customer_id int NOT NULL, premium numeric(10,2) NOT NULL,
        started_on date NOT NULL, active boolean NOT NULL, plate text NOT NULL);
      INSERT INTO vehicle_policies SELECT i, 1 + (i * 31) % 2000, 200 + (i * 37 % 90000) / 100.0,
        DATE '2018-01-01' + (i * 13) % 2900, i % 5 > 0, 'V-' || i
      FROM generate_series(1, 3000) i;
      CREATE INDEX ON vehicle_policies (customer_id)`,
  },
  mariadb: {
    insurance_property: `
      CREATE TABLE home_policies (policy_id INT PRIMARY KEY, customer_id INT NOT NULL, premium DECIMAL(10,2) NOT NULL,
        started_on DATE NOT NULL, active BOOLEAN NOT NULL, rooms INT NOT NULL, INDEX (customer_id));
      INSERT INTO home_policies SELECT 100000 + seq, 1 + (seq * 17) MOD 2000, 100 + (seq * 41 MOD 60000) / 100,
        DATE_ADD('2017-06-01', INTERVAL (seq * 11) MOD 3000 DAY), seq MOD 4 > 0, 1 + seq MOD 9
      FROM seq_1_to_2000;
      ANALYZE TABLE home_policies`,
    insurance_claims: `
      CREATE TABLE claims (claim_id INT PRIMARY KEY, policy_type INT NOT NULL, policy_id INT NOT NULL,
        amount DECIMAL(12,2) NOT NULL, opened_on DATE NOT NULL, INDEX (policy_id));
      INSERT INTO claims SELECT seq, 1 + seq MOD 3,
        CASE seq MOD 3 WHEN 0 THEN 1 + (seq * 7) MOD 3000 WHEN 1 THEN 100001 + (seq * 7) MOD 2000 ELSE 200001 + (seq * 7) MOD 1000 END,
        50 + (seq * 104729 MOD 900000) / 100, DATE_ADD('2024-01-01', INTERVAL (seq * 3) MOD 900 DAY)
      FROM seq_1_to_6000;
      ANALYZE TABLE claims`,
  },
  parquet: {
    life_policies: `
      SELECT (200000 + i)::INTEGER AS policy_id, (1 + (i * 23) % 2000)::INTEGER AS customer_id,
        (300 + (i * 53 % 70000) / 100)::DECIMAL(10,2) AS premium,
        (DATE '2016-01-01' + (i * 19 % 3500)::INTEGER) AS started_on, i % 10 > 0 AS active, (50000 + i * 100)::INTEGER AS sum_insured
      FROM range(1, 1001) t(i)`,
  },
}
