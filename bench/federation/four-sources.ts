/**
 * One customer over four sources: two databases of PostgreSQL, MariaDB and a Parquet file. Each source is asked natively for the same
 * rows by its own client in this process; what Tributary takes beyond the slowest of them is what federation costs.
 */
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type pg from 'pg'
import type { MariadbServer } from '../../tests/servers/mariadb.js'
import type { PostgresServer } from '../../tests/servers/postgres.js'
import type { Sizes } from './data.js'
import { median, timeQuery } from './measure.js'

/** The second database of the PostgreSQL server: a source, and a site, of its own. */
export const LOYALTY = 'loyalty'
export const TICKETS = 'tickets.parquet'

export const FOUR_SOURCES = 'one customer over four sources'

/** Targets of the project. */
const ROWS = 100
const MILLISECONDS = 20

const CUSTOMER = 42
const RUNS = 40

const STATEMENT = `SELECT c_name, o_id, o_date, l_line, l_price, p_level, p_points, t_id, t_status
  FROM customer JOIN orders ON o_customer = c_id JOIN lineitem ON l_order = o_id
    LEFT JOIN points ON p_customer = c_id LEFT JOIN tickets ON t_customer = c_id
  WHERE c_id = ${CUSTOMER} ORDER BY o_id, l_line, l_price, t_id`

/** Fills the second database and writes the file below `directory`. */
export async function fillFourSources(
  postgres: PostgresServer,
  directory: string,
  { customers }: Sizes,
): Promise<void> {
  await postgres.execute(`CREATE DATABASE ${LOYALTY}`)
  await postgres.execute(
    `CREATE TABLE points (p_customer int PRIMARY KEY, p_level text NOT NULL, p_points int NOT NULL);
     INSERT INTO points SELECT i, 'level ' || i % 5, i % 10000 FROM generate_series(1, ${customers}) i`,
    LOYALTY,
  )
  await postgres.execute('VACUUM ANALYZE', LOYALTY)
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(
    `COPY (SELECT (1 + i // 2)::INTEGER AS t_customer, i::INTEGER AS t_id, 'status ' || i % 3 AS t_status
       FROM range(${customers * 2}) AS r(i)) TO '${join(directory, TICKETS)}' (FORMAT parquet, ROW_GROUP_SIZE 10000)`,
  )
  connection.closeSync()
  instance.closeSync()
}

export interface FourSources {
  readonly milliseconds: number
  /** Each source's own client, asked for its rows. */
  readonly native: Readonly<Record<string, number>>
  readonly aboveSlowest: number
  readonly rows: number
  readonly rowsMoved: number
  readonly targets: { readonly rowsMoved: number; readonly aboveSlowest: number }
}

/** Asks Tributary and each source in turn; medians. */
export async function measureFourSources(
  client: pg.Client,
  postgres: PostgresServer,
  mariadb: MariadbServer,
  directory: string,
): Promise<FourSources> {
  const core = await postgres.connect()
  const loyalty = await postgres.connect(LOYALTY)
  const shop = await mariadb.connect()
  const instance = await DuckDBInstance.create(':memory:')
  const files = await instance.connect()
  const { rows: orders } = await core.query<{ o_id: number }>(
    `SELECT o_id FROM orders WHERE o_customer = ${CUSTOMER}`,
  )
  const keys = orders.map(({ o_id }) => o_id).join(', ')
  const natively: Readonly<Record<string, () => Promise<unknown>>> = {
    pg: () =>
      core.query(
        `SELECT c_name, o_id, o_date FROM customer JOIN orders ON o_customer = c_id WHERE c_id = ${CUSTOMER}`,
      ),
    my: () =>
      shop.query(`SELECT l_order, l_line, l_price FROM lineitem WHERE l_order IN (${keys})`),
    loyalty: () =>
      loyalty.query(`SELECT p_level, p_points FROM points WHERE p_customer = ${CUSTOMER}`),
    fs: () =>
      files.runAndReadAll(
        `SELECT t_id, t_status FROM read_parquet('${join(directory, TICKETS)}') WHERE t_customer = ${CUSTOMER}`,
      ),
  }
  const times = new Map<string, number[]>(Object.keys(natively).map((name) => [name, []]))
  const ours: number[] = []
  let rows = 0
  for (let run = -5; run < RUNS; run++) {
    for (const [name, ask] of Object.entries(natively)) {
      const started = performance.now()
      await ask()
      if (run >= 0) times.get(name)?.push(performance.now() - started)
    }
    const timed = await timeQuery(client, STATEMENT)
    rows = timed.rows
    if (run >= 0) ours.push(timed.milliseconds)
  }
  const explained = await client.query<{ 'QUERY PLAN': unknown }>(
    `EXPLAIN (ANALYZE, FORMAT JSON) ${STATEMENT}`,
  )
  const [{ Totals: totals }] = explained.rows[0]?.['QUERY PLAN'] as [
    { Totals: Record<string, number> },
  ]
  await core.end()
  await loyalty.end()
  await shop.end()
  files.closeSync()
  instance.closeSync()
  const native = Object.fromEntries([...times].map(([name, list]) => [name, median(list)]))
  const milliseconds = median(ours)
  return {
    ...{ milliseconds, native, rows, rowsMoved: totals['Rows Moved'] ?? NaN },
    aboveSlowest: milliseconds - Math.max(...Object.values(native)),
    targets: { rowsMoved: ROWS, aboveSlowest: MILLISECONDS },
  }
}

/** One line for the report. */
export function lineOfFourSources(result: FourSources): string {
  const { milliseconds, native, aboveSlowest, rowsMoved, targets } = result
  const asked = Object.entries(native).map(([name, time]) => `${name} ${time.toFixed(1)}`)
  return (
    `${FOUR_SOURCES}: ${milliseconds.toFixed(1)} ms, ${aboveSlowest.toFixed(1)} ms above the slowest source's own ` +
    `(${asked.join(', ')} ms; target ${targets.aboveSlowest} ms), ${rowsMoved} rows moved (target ${targets.rowsMoved})`
  )
}
