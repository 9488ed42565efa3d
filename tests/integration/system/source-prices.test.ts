/** What asking a source costs is measured as statements run; sessions that want it get plans by it, also after a restart. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type PostgresServer } from '../../servers/postgres.js'
import { startSlowProxy, type SlowProxy } from '../../servers/slow-proxy.js'
import { startTributary, type TributaryProcess } from '../../world/tributary-process.js'

/** What the proxy adds to each answer, ms. */
const DELAY = 20

const directory = mkdtempSync(join(tmpdir(), 'tributary-prices-'))
let postgres: PostgresServer
let proxy: SlowProxy

function source(name: string, port: number, table: string, columns: readonly string[]): void {
  const { host, user, database } = postgres
  const definition = {
    ...{ version: 1, kind: 'source', name, connector: 'postgres' },
    connection: { host, port, user, database, password: '${env:PASSWORD}' },
    tables: [
      {
        ...{ name: table, from: `public.${table}` },
        columns: columns.map((column) => ({ name: column, type: 'integer' })),
      },
    ],
  }
  writeFileSync(join(directory, 'sources', `${name}.yaml`), JSON.stringify(definition))
}

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.execute(`
    CREATE TABLE customer AS SELECT i AS id, i % 100 AS region FROM generate_series(1, 1000) i;
    CREATE TABLE orders AS SELECT i AS id, i % 1000 AS customer_id, i % 31 AS day FROM generate_series(1, 30000) i;
    ANALYZE customer; ANALYZE orders`)
  proxy = await startSlowProxy(postgres.port, DELAY)
  mkdirSync(join(directory, 'sources'))
  writeFileSync(join(directory, 'catalog.yaml'), 'version: 1\nkind: catalog\nname: facts\n')
  source('near', postgres.port, 'customer', ['id', 'region'])
  source('far', proxy.port, 'orders', ['id', 'customer_id', 'day'])
})
afterAll(async () => {
  await proxy.stop()
  await postgres.stop()
  rmSync(directory, { recursive: true, force: true })
})

async function serve(use: (client: pg.Client, server: TributaryProcess) => Promise<void>) {
  const tributary = await startTributary(directory, {
    ...{ PASSWORD: 'secret', TRIBUTARY_STATISTICS_REFRESH: '1d' },
  })
  const client = await connect(tributary)
  try {
    await use(client, tributary)
  } finally {
    await client.end()
    await tributary.stop()
  }
}

async function connect({ port }: TributaryProcess): Promise<pg.Client> {
  const client = new pg.Client({ host: '127.0.0.1', port, database: 'facts', user: 'x' })
  await client.connect()
  return client
}

interface Prices {
  readonly round_trip_ms: number
  readonly row_us: number
  readonly measured_round_trip_ms: number | null
  readonly measured_row_us: number | null
  readonly is_fresh: boolean | null
}

async function pricesOf(client: pg.Client, name: string): Promise<Prices | undefined> {
  const { rows } = await client.query<Prices>(
    `SELECT round_trip_ms, row_us, measured_round_trip_ms, measured_row_us,
       measured_at > now() - interval '10 minutes' AS is_fresh FROM tributary.source_prices WHERE source = '${name}'`,
  )
  return rows[0]
}

/** A tenth of the orders match one of the customers' keys. */
const JOIN = 'SELECT c.region, o.day FROM near.customer c JOIN far.orders o ON o.customer_id = c.id WHERE c.region < 10' // prettier-ignore

async function planOf(client: pg.Client, sql: string): Promise<string> {
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN (VERBOSE) ${sql}`)
  return rows.map((row) => row['QUERY PLAN']).join('\n')
}

async function until(isThere: () => boolean): Promise<void> {
  for (let i = 0; !isThere(); i++) {
    if (i > 300) throw new Error('no statistics came')
    await sleep(50)
  }
}

function kept(name: string): string {
  try {
    return readFileSync(join(directory, '.statistics', `${name}.json`), 'utf8')
  } catch {
    return ''
  }
}

let measured: Prices | undefined

test('a round trip is measured by small statements, and far sources are asked at once rather than for keys', async () => {
  await serve(async (client, server) => {
    // Both are asked for statistics when they are first used.
    for (const table of ['near.customer', 'far.orders']) {
      await client.query(`SELECT id FROM ${table} WHERE id = 5`)
    }
    await until(() => kept('near') !== '' && kept('far') !== '')
    expect(await pricesOf(client, 'far')).toMatchObject({
      ...{ round_trip_ms: 1, row_us: 0.8, measured_round_trip_ms: null, measured_row_us: null },
    })
    const other = await connect(server)
    await client.query('SET tributary.measured_prices = on')
    await client.query(`PREPARE joined AS ${JOIN}`)
    expect(await planOf(client, JOIN)).toContain('Bind Join')
    expect(await planOf(client, 'EXECUTE joined')).toContain('Bind Join')
    for (let i = 0; i < 10; i++) {
      for (const table of ['near.customer', 'far.orders']) {
        await client.query(`SELECT id FROM ${table} WHERE id = ${i}`)
      }
    }
    measured = await pricesOf(client, 'far')
    expect(measured?.measured_round_trip_ms).toBeGreaterThan(DELAY - 1)
    expect(measured?.measured_round_trip_ms).toBeLessThan(3 * DELAY)
    expect([16, 32, 64]).toContain(measured?.round_trip_ms)
    expect(measured).toMatchObject({ row_us: 0.8, measured_row_us: null, is_fresh: true })
    const near = await pricesOf(client, 'near')
    expect(near?.measured_round_trip_ms).toBeLessThan(DELAY)
    // Neither the cached plan nor the prepared statement's is used again.
    for (const sql of [JOIN, 'EXECUTE joined']) {
      const plan = await planOf(client, sql)
      expect(plan, sql).toContain('Hash Join')
      expect(plan).toContain(`prices: round trip ${measured?.round_trip_ms} ms, 0.8 µs a row`)
    }
    const rows = await client.query(JOIN)
    expect(rows.rows).toHaveLength(2970)
    // Who did not ask for it has the plan of before.
    expect(await planOf(other, JOIN)).toContain('Bind Join')
    expect(await planOf(other, JOIN)).not.toContain('prices:')
    expect((await other.query(JOIN)).rows).toHaveLength(2970)
    await other.end()
  })
})

test('what was measured is there after a start; rows that come slowly are worth waiting for keys', async () => {
  expect(kept('source-prices')).not.toContain('127.0.0.1')
  await serve(async (client) => {
    await client.query('SET tributary.measured_prices = on')
    const before = await pricesOf(client, 'far')
    expect(before).toMatchObject({ round_trip_ms: measured?.round_trip_ms, is_fresh: true })
    expect(await planOf(client, JOIN)).toContain('Hash Join')
    // All rows take the better part of a second through this line.
    proxy.bytesPerMillisecond = 1000
    await client.query('SET tributary.pushdown = off')
    for (let i = 0; i < 3; i++) {
      const { rows } = await client.query<{ n: string }>(`SELECT count(*) + ${i} AS n FROM far.orders`) // prettier-ignore
      expect(rows[0]?.n).toBe(String(30_000 + i))
    }
    await client.query('RESET tributary.pushdown')
    proxy.bytesPerMillisecond = Infinity
    const after = await pricesOf(client, 'far')
    expect(after?.measured_row_us).toBeGreaterThan(4)
    expect(after?.row_us).toBeGreaterThan(4)
    expect(await planOf(client, JOIN)).toContain('Bind Join')
    expect((await client.query(JOIN)).rows).toHaveLength(2970)
  })
})
