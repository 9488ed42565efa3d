/** The bench's data: customer, orders and a wide table in PostgreSQL, lineitem in MariaDB. Made by the servers themselves. */
import type { MariadbServer } from '../../tests/servers/mariadb.js'
import type { PostgresServer } from '../../tests/servers/postgres.js'
import type { PeerTable } from '../peers/peer.js'

/** Where the tables are. */
export const BENCH_TABLES: readonly PeerTable[] = [
  ...['customer', 'orders', 'events', 'band'].map((name) => ({
    name,
    at: 'postgres' as const,
    schema: 'public',
  })),
  ...['lineitem', 'kind'].map((name) => ({ name, at: 'mariadb' as const })),
]

export interface Sizes {
  readonly customers: number
  readonly orders: number
  readonly lines: number
}

/** Scale 1 is 150,000 customers, 1.5 M orders, 3 M lines. */
export function sizesOf(scale: number): Sizes {
  return {
    customers: Math.max(100, Math.round(150_000 * scale)),
    orders: Math.max(1000, Math.round(1_500_000 * scale)),
    lines: Math.max(2000, Math.round(3_000_000 * scale)),
  }
}

/** Fills PostgreSQL: customer, orders, `band` (the dimension of lineitem), and `events` of five columns and as many rows as there are lines. */
export async function fillPostgres(server: PostgresServer, sizes: Sizes): Promise<void> {
  const { customers, orders, lines } = sizes
  await server.execute(
    `
    CREATE TABLE customer (c_id int PRIMARY KEY, c_name text NOT NULL, c_segment text NOT NULL, c_nation int NOT NULL);
    INSERT INTO customer SELECT i, 'Customer ' || i,
      (ARRAY['AUTOMOBILE','BUILDING','FURNITURE','HOUSEHOLD','MACHINERY'])[1 + i % 5], i % 25
    FROM generate_series(1, ${customers}) i;
    CREATE TABLE orders (o_id int PRIMARY KEY, o_customer int NOT NULL, o_date date NOT NULL, o_total numeric(12,2) NOT NULL);
    INSERT INTO orders SELECT i, 1 + (i * 7919::bigint % ${customers})::int, DATE '1992-01-01' + i % 2400,
      ((i * 104729::bigint) % 50000000) / 100.0
    FROM generate_series(1, ${orders}) i;
    CREATE INDEX ON orders (o_customer);
    CREATE TABLE band (b_quantity int PRIMARY KEY, b_name text NOT NULL);
    INSERT INTO band SELECT i, 'band ' || i / 10 FROM generate_series(1, 50) i;
    CREATE TABLE events (e_id bigint NOT NULL, e_kind int NOT NULL, e_amount numeric(12,2) NOT NULL, e_day date NOT NULL, e_note text NOT NULL);
    INSERT INTO events SELECT i, i % 1000, ((i * 7919::bigint) % 10000000) / 100.0, DATE '2020-01-01' + i % 2000,
      'note number ' || (i % 100000)
    FROM generate_series(1, ${lines}) i`,
  )
  await server.execute('VACUUM ANALYZE')
}

/** Fills MariaDB: lineitem, and `kind`, the dimension of `events`. */
export async function fillMariadb(server: MariadbServer, sizes: Sizes): Promise<void> {
  await server.execute(`
    CREATE TABLE lineitem (l_order INT NOT NULL, l_line INT NOT NULL, l_quantity INT NOT NULL,
      l_price DECIMAL(12,2) NOT NULL, l_shipped DATE NOT NULL, l_flag VARCHAR(1) NOT NULL, INDEX (l_order)) CHARACTER SET utf8mb4;
    INSERT INTO lineitem SELECT 1 + (seq * 2) MOD ${sizes.orders}, seq MOD 7, 1 + seq MOD 50,
      ((seq * 104729) MOD 10000000) / 100, DATE_ADD('1992-01-01', INTERVAL (seq MOD 2500) DAY), SUBSTR('ANR', 1 + seq MOD 3, 1)
    FROM seq_1_to_${sizes.lines};
    CREATE TABLE kind (k_id INT PRIMARY KEY, k_family VARCHAR(20) NOT NULL) CHARACTER SET utf8mb4;
    INSERT INTO kind SELECT seq, CONCAT('family ', seq MOD 20) FROM seq_0_to_999;
    ANALYZE TABLE lineitem, kind`)
}
