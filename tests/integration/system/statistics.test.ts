/** Statistics of live sources: read in the background, used in estimates, kept for the next start without values of tagged columns. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mariadbInstalled, startMariadb, type MariadbServer } from '../../servers/mariadb.js'
import { startPostgres, type PostgresServer } from '../../servers/postgres.js'
import { startTributary } from '../../world/tributary-process.js'

const directory = mkdtempSync(join(tmpdir(), 'tributary-statistics-'))
let postgres: PostgresServer
let mariadb: MariadbServer | undefined

const source = (name: string, connector: string, connection: object, ...tables: object[]): void =>
  writeFileSync(
    join(directory, 'sources', `${name}.yaml`),
    JSON.stringify({ version: 1, kind: 'source', name, connector, connection, tables }),
  )

beforeAll(async () => {
  postgres = await startPostgres()
  // One value in twenty is rare, and large numbers are rare, too.
  await postgres.execute(`
    CREATE TABLE payments AS SELECT i AS id, CASE WHEN i % 1000 = 0 THEN 'refunded' ELSE 'paid' END AS status,
      (i::bigint * i / 20000)::int AS amount, 'person ' || i % 50 AS payer FROM generate_series(1, 20000) i;
    -- Each part has four of a hundred suppliers.
    CREATE TABLE offers AS SELECT part, (part * 7 + nth * 25) % 100 AS supplier FROM generate_series(1, 2000) part, generate_series(0, 3) nth;
    CREATE TABLE lines AS SELECT i AS id, part, (part * 7 + i / 2000 % 4 * 25) % 100 AS supplier
      FROM generate_series(1, 24000) i, LATERAL (SELECT i * 13 % 2000 + 1 AS part) p;
    ANALYZE`)
  mkdirSync(join(directory, 'sources'))
  writeFileSync(join(directory, 'catalog.yaml'), 'version: 1\nkind: catalog\nname: facts\n')
  const { host, port, user, database } = postgres
  const password = '${env:PASSWORD}'
  const columns = [
    { name: 'id', type: 'integer' },
    { name: 'status', type: 'text' },
    { name: 'amount', type: 'integer' },
    { name: 'payer', type: 'text', tags: ['pii'] },
  ]
  const table = { name: 'payments', from: 'public.payments', columns }
  const pair = ['part', 'supplier']
  const tableOf = (name: string, names: readonly string[], keys: object) => ({
    ...{ name, from: `public.${name}`, ...keys },
    columns: names.map((column) => ({ name: column, type: 'integer' })),
  })
  const offers = tableOf('offers', pair, { primary_key: pair })
  const reference = { columns: pair, references: 'pg.offers', to: pair }
  const lines = tableOf('lines', ['id', ...pair], { foreign_keys: [reference] })
  source('pg', 'postgres', { host, port, user, database, password }, table, offers, lines)
  if (mariadbInstalled()) {
    mariadb = await startMariadb()
    await mariadb.execute(`
      SET histogram_type = 'JSON_HB';
      CREATE TABLE payments (id INT NOT NULL, amount INT NOT NULL);
      INSERT INTO payments SELECT seq, seq * seq DIV 20000 FROM seq_1_to_20000;
      ANALYZE TABLE payments PERSISTENT FOR ALL;
      -- Nobody gathers statistics of this one.
      CREATE TABLE refunds (id INT PRIMARY KEY, payment INT NOT NULL, reason VARCHAR(20) NOT NULL, day DATE NOT NULL);
      INSERT INTO refunds SELECT seq, seq * 10, CONCAT('reason ', seq % 5), DATE '2020-01-01' + INTERVAL seq DIV 3 DAY FROM seq_1_to_1000`)
    const server = { host, port: mariadb.port, user: mariadb.user, database: 'shop', password }
    const both = { name: 'payments', from: 'shop.payments', columns: [columns[0], columns[2]] }
    const refunds = ['id', 'payment', 'reason', 'day'].map((name, i) => ({
      ...{ name, type: ['integer', 'integer', 'text', 'date'][i] },
    }))
    source('my', 'mysql', server, both, { name: 'refunds', from: 'shop.refunds', columns: refunds })
  }
})
afterAll(async () => {
  await Promise.all([postgres.stop(), mariadb?.stop()])
  rmSync(directory, { recursive: true, force: true })
})

/** Estimated rows of a statement against true ones: how many times too many or too few. */
async function errorOf(client: pg.Client, sql: string): Promise<number> {
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
    `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
  )
  const plan = rows[0]?.['QUERY PLAN'][0].Plan
  const [estimated = 0, actual = 0] = [plan?.['Plan Rows'], plan?.['Actual Rows']]
  return Math.max(estimated / Math.max(actual, 1), actual / Math.max(estimated, 1))
}

const CONDITIONS = ["status = 'refunded'", "status <> 'refunded'", 'amount < 1000', 'amount > 15000', "amount BETWEEN 100 AND 500 AND status = 'paid'", "status LIKE 'ref%'", "status NOT LIKE '%fund%'"] // prettier-ignore

/** Compared with what the other source has: estimated before that is known. */
const SENT = [
  'SELECT id FROM pg.payments WHERE amount > (SELECT avg(amount) FROM my.payments)',
  'SELECT id FROM pg.payments WHERE amount > 0.9 * (SELECT max(amount) FROM my.payments)',
  'SELECT id FROM pg.payments WHERE amount < (SELECT count(*) FROM my.refunds)',
  'SELECT id FROM pg.payments WHERE id <= (SELECT max(payment) FROM my.refunds)',
  'SELECT id FROM pg.payments WHERE id > (SELECT sum(payment) / 400 FROM my.refunds)',
  'SELECT id FROM pg.payments WHERE id BETWEEN (SELECT avg(payment) FROM my.refunds) AND (SELECT avg(id) FROM my.payments)',
  "SELECT id FROM my.refunds WHERE payment > (SELECT avg(amount) FROM pg.payments WHERE status = 'paid')",
  'SELECT id FROM my.refunds WHERE payment < (SELECT stddev(amount) FROM pg.payments)',
  'SELECT p.id FROM pg.payments p JOIN my.refunds r ON r.payment = p.id WHERE r.payment > (SELECT avg(amount) FROM pg.payments)',
]

/** Columns that are a key together. */
const KEYS = [
  'SELECT part, supplier, count(*) FROM pg.lines GROUP BY part, supplier',
  'SELECT l.id, o.supplier FROM pg.lines l JOIN pg.offers o ON o.part = l.part AND o.supplier = l.supplier',
]

/** Over a table of MariaDB that was never analysed. */
const UNASKED = [
  'SELECT id FROM my.refunds WHERE id = 77',
  "SELECT id FROM my.refunds WHERE reason = 'reason 3'",
  "SELECT id FROM my.refunds WHERE day >= DATE '2020-03-01' AND day < DATE '2020-04-01'",
  'SELECT reason, count(*) FROM my.refunds GROUP BY reason',
  'SELECT reason, day, count(*) FROM my.refunds GROUP BY reason, day',
  'SELECT p.amount FROM pg.payments p JOIN my.refunds r ON r.payment = p.id',
  "SELECT p.amount FROM pg.payments p JOIN my.refunds r ON r.payment = p.id WHERE r.reason = 'reason 1'",
  'SELECT p.amount FROM pg.payments p WHERE EXISTS (SELECT FROM my.refunds r WHERE r.payment = p.id)',
  'SELECT p.amount FROM pg.payments p WHERE NOT EXISTS (SELECT FROM my.refunds r WHERE r.payment = p.id)',
  "SELECT p.amount FROM pg.payments p WHERE id IN (SELECT payment FROM my.refunds r WHERE day > DATE '2020-11-01')",
]

async function serve<T>(refresh: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const environment = { PASSWORD: 'secret', TRIBUTARY_STATISTICS_REFRESH: refresh }
  const tributary = await startTributary(directory, environment)
  const client = new pg.Client({
    ...{ host: '127.0.0.1', port: tributary.port, database: 'facts', user: 'x' },
  })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
    await tributary.stop()
  }
}

function stored(name: string): string | undefined {
  try {
    return readFileSync(join(directory, '.statistics', `${name}.json`), 'utf8')
  } catch {
    return undefined
  }
}

async function until(isThere: () => boolean): Promise<void> {
  for (let i = 0; !isThere(); i++) {
    if (i > 300) throw new Error('no statistics came')
    await sleep(50)
  }
}

test('a source that is asked is asked for statistics, and estimates come near', async () => {
  await serve('10m', async (client) => {
    expect(await errorOf(client, `SELECT id FROM pg.payments WHERE status = 'refunded'`)).toBeGreaterThan(3) // prettier-ignore
    if (mariadb !== undefined) await client.query('SELECT id FROM my.payments WHERE id = 5')
    await until(() => stored('pg') !== undefined && (!mariadb || stored('my') !== undefined))
    for (const condition of CONDITIONS) {
      const error = await errorOf(client, `SELECT id FROM pg.payments WHERE ${condition}`)
      expect(error, condition).toBeLessThan(1.5)
    }
    for (const sql of KEYS) expect(await errorOf(client, sql), sql).toBeLessThan(1.2)
    // A prepared statement: the generic plan (one of two values: half the rows), and another for a value that is far rarer.
    await client.query('PREPARE by_status(text) AS SELECT id FROM pg.payments WHERE status = $1')
    for (const [status, most] of [
      ['refunded', 1.5],
      ['paid', 2.5],
      ['refunded', 1.5],
    ] as const) {
      expect(await errorOf(client, `EXECUTE by_status('${status}')`), status).toBeLessThan(most)
    }
    const { rows } = await client.query<{ n: string }>(`EXECUTE by_status('refunded')`)
    expect(rows).toHaveLength(20)
    if (mariadb === undefined) return
    for (const condition of ['amount < 1000', 'amount > 15000', 'id = 7']) {
      const error = await errorOf(client, `SELECT id FROM my.payments WHERE ${condition}`)
      expect(error, condition).toBeLessThan(1.5)
    }
    for (const sql of UNASKED) expect(await errorOf(client, sql), sql).toBeLessThan(2)
    for (const sql of SENT) expect(await errorOf(client, sql), sql).toBeLessThan(1.5)
  })
  expect(stored('pg')).toContain('refunded')
  expect(stored('pg')).not.toContain('person 1')
})

test('what was kept is there after a start', async () => {
  await serve('1d', async (client) => {
    expect(await errorOf(client, `SELECT id FROM pg.payments WHERE status = 'refunded'`)).toBeLessThan(1.5) // prettier-ignore
  })
  await serve('off', async (client) => {
    expect(await errorOf(client, `SELECT id FROM pg.payments WHERE status = 'refunded'`)).toBeGreaterThan(3) // prettier-ignore
  })
})

/** Estimated rows of the plan's first node, and from what they were learned. */
async function estimateOf(client: pg.Client, sql: string): Promise<[number | undefined, unknown]> {
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Record<string, unknown> }] }>(
    `EXPLAIN (FORMAT JSON) ${sql}`,
  )
  const plan = rows[0]?.['QUERY PLAN'][0].Plan
  return [plan?.['Plan Rows'] as number | undefined, plan?.['Learned From']]
}

test('counts of fragments that ran to their end are learned where a session wants it, and kept without values of tagged columns', async () => {
  // id and amount rise together: taken as independent, the two conditions let through a tenth of the rows that they do.
  const both = (n: number) => `SELECT id FROM pg.payments WHERE id < ${n} AND amount < ${(n * n) / 20000}` // prettier-ignore
  const payer = `SELECT id FROM pg.payments WHERE payer = 'person 7' AND id > 0`
  const textbook = await serve('1d', async (client) => {
    const [before] = await estimateOf(client, both(1000))
    const [larger] = await estimateOf(client, both(2000))
    // Off: nothing is learned.
    await client.query(both(1000))
    expect(await estimateOf(client, both(1000))).toEqual([before, undefined])
    await client.query('SET tributary.learned_estimates = on')
    // Neither from a limit, nor from what is given up half way.
    await client.query(`${both(1000)} LIMIT 5`)
    await client.query(`BEGIN; DECLARE c CURSOR FOR ${both(1000)}; FETCH 1 FROM c; COMMIT`)
    expect((await estimateOf(client, both(1000)))[1]).toBeUndefined()
    await client.query(both(1000))
    // Far off: the cached plan is not used again.
    expect(await estimateOf(client, both(1000))).toEqual([999, 'the same fragment'])
    const text = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${both(1000)}`)
    expect(text.rows[0]?.['QUERY PLAN']).toContain('(rows=999 learned)')
    // Others of its shape are corrected by half of how far that one was off.
    const [other, from] = await estimateOf(client, both(2000))
    expect(from).toBe('others of its shape')
    expect(other).toBeGreaterThan(2 * larger!)
    await client.query(payer)
    // Another text, so that no plan of before is at hand.
    expect(await estimateOf(client, payer.replace('id', 'amount'))).toEqual([
      400,
      'the same fragment',
    ])
    // A prepared statement is planned anew as well.
    await client.query('PREPARE q AS SELECT id FROM pg.payments WHERE id < 200 AND amount < 2')
    await client.query('EXECUTE q')
    expect(await estimateOf(client, 'EXECUTE q')).toEqual([199, 'the same fragment'])
    return before!
  })
  expect(stored('learned-rows')).toBeDefined()
  expect(stored('learned-rows')).not.toContain('person')
  await serve('1d', async (client) => {
    expect(await estimateOf(client, both(1000))).toEqual([textbook, undefined])
    await client.query('SET tributary.learned_estimates = on')
    expect(await estimateOf(client, both(1000))).toEqual([999, 'the same fragment'])
    expect((await estimateOf(client, payer))[1]).toBe('others of its shape')
  })
})
