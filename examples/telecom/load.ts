/**
 * A telephone company that keeps something of every customer in twelve systems: five PostgreSQL databases, four of
 * MariaDB and three Parquet files, each keyed by the customer's number. Not every system knows every customer.
 */
import type { ExampleSources } from '../load-sources.js'

const pg = (table: string, columns: string, values: string, step: number): string => `
  CREATE TABLE ${table} (customer_id int PRIMARY KEY, ${columns});
  INSERT INTO ${table} SELECT i, ${values} FROM generate_series(1, 5000, ${step}) i;`

const my = (table: string, columns: string, values: string, step: number): string => `
  CREATE TABLE ${table} (customer_id INT PRIMARY KEY, ${columns});
  INSERT INTO ${table} SELECT seq, ${values} FROM seq_1_to_5000_step_${step};
  ANALYZE TABLE ${table};`

export const TELECOM: ExampleSources = {
  postgres: {
    telecom_crm: pg(
      'customers',
      'name text NOT NULL, segment int NOT NULL, country char(2) NOT NULL, since date NOT NULL',
      `'Customer ' || i, i % 7, (ARRAY['DE','FR','GB','ES','IT'])[1 + i % 5], DATE '2005-01-01' + (i * 31) % 7000`,
      1,
    ),
    telecom_billing: `${pg('accounts', 'tariff int NOT NULL, balance numeric(10,2) NOT NULL', 'i % 12, (i * 7919 % 50000) / 100.0', 1)}
      CREATE TABLE invoices (invoice_id int PRIMARY KEY, customer_id int NOT NULL, amount numeric(10,2) NOT NULL, issued date NOT NULL);
      INSERT INTO invoices SELECT i, 1 + (i * 13) % 5000, (i * 104729 % 10000) / 100.0, DATE '2025-01-01' + i % 600
      FROM generate_series(1, 20000) i;
      CREATE INDEX ON invoices (customer_id)`,
    telecom_loyalty: pg('members', 'points int NOT NULL', 'i * 17 % 4000', 1),
    telecom_consent: pg('consents', 'marketing boolean NOT NULL', 'i % 3 = 0', 1),
    telecom_support: pg(
      'contacts',
      'calls int NOT NULL, last_call date',
      `i % 9, DATE '2026-01-01' + i % 200`,
      2,
    ),
  },
  mariadb: {
    telecom_network: my('usage_profiles', 'gigabytes INT NOT NULL', 'seq * 11 MOD 500', 1),
    telecom_devices: my(
      'devices',
      'model INT NOT NULL, bought DATE NOT NULL',
      `seq MOD 40, DATE_ADD('2020-01-01', INTERVAL seq MOD 2000 DAY)`,
      1,
    ),
    telecom_credit: my('scores', 'score INT NOT NULL', '300 + seq * 7 MOD 550', 2),
    telecom_shops: my('visits', 'visits INT NOT NULL', 'seq MOD 6', 4),
  },
  parquet: {
    churn: `SELECT i::INTEGER AS customer_id, (i * 29 % 100)::INTEGER AS churn_score FROM range(1, 5001) t(i)`,
    web: `SELECT i::INTEGER AS customer_id, (i % 25)::INTEGER AS sessions FROM range(1, 5001, 3) t(i)`,
    survey: `SELECT i::INTEGER AS customer_id, (i % 11)::INTEGER AS promoter FROM range(1, 5001, 10) t(i)`,
  },
}
