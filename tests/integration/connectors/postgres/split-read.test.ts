/** Large tables are read over several connections, in ranges of their pages, under one snapshot. */
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SourceDefinition } from '../../../../src/catalog/catalog.js'
import type { OpenSource, RemoteStatement } from '../../../../src/connectors/connector.js'
import { connector } from '../../../../src/connectors/postgres/index.js'
import type { LogicalPlan, ScanNode } from '../../../../src/planner/logical-plan.js'
import {
  DEFAULT_PRICES,
  type SourcePrices,
} from '../../../../src/planner/estimates/source-prices.js'
import { OID } from '../../../../src/types/sql-type.js'
import { startPostgres, type PostgresServer } from '../../../servers/postgres.js'
import { postgresSource } from '../shop.js'

const ROWS = 600_000

let server: PostgresServer
let client: pg.Client
let source: SourceDefinition
let open: OpenSource

const scan: ScanNode = {
  ...{ kind: 'scan', source: 'shop', schema: 'shop', table: 'facts' },
  columns: [
    { id: 1, name: 'id', type: { oid: OID.int4, typmod: -1 } },
    { id: 2, name: 'v', type: { oid: OID.int4, typmod: -1 } },
  ],
  tableColumns: ['id', 'v'],
}

function sourceWith(connection: Record<string, unknown>, version = '18.0'): SourceDefinition {
  const base = postgresSource(server)
  const column = (name: string) => ({
    ...{ name, from: name, type: 'integer', notNull: true, hidden: false, tags: [], options: {} },
  })
  return {
    ...base,
    server: { ...base.server!, version },
    connection: { ...base.connection, ...connection },
    tables: [
      {
        ...{ name: 'facts', from: 'public.facts', columns: [column('id'), column('v')] },
        ...{ primaryKey: ['id'], unique: [], foreignKeys: [], indexes: [], rely: false },
        ...{ statistics: { rows: ROWS, columns: {} }, requireFilter: [], options: {} },
      },
    ],
  }
}

beforeAll(async () => {
  server = await startPostgres()
  await server.execute(`
    CREATE TABLE facts (id int PRIMARY KEY, v int NOT NULL, pad text);
    INSERT INTO facts SELECT i, i % 1000, repeat('x', 60) FROM generate_series(1, ${ROWS}) i;
    ANALYZE facts`)
  client = await server.connect()
  source = sourceWith({})
  open = connector.open(source)
})

afterAll(async () => {
  await open?.close()
  await client?.end()
  await server?.stop()
})

const print = (fragment: LogicalPlan, from = source, prices?: SourcePrices): RemoteStatement =>
  connector.pushdown(from).print(fragment, prices)
const greaterThan = (column: number, value: string): LogicalPlan => ({
  kind: 'filter',
  input: scan,
  condition: {
    ...{ kind: 'call', form: 'operator', collation: 'binary' },
    type: { oid: OID.bool, typmod: -1 },
    function: {
      ...{ oid: 147, name: 'int4gt', schema: 'pg_catalog', signature: 'int4gt(int4,int4)' },
      ...{ volatility: 'immutable', strict: true },
    },
    arguments: [
      { kind: 'column', ...scan.columns[column]! },
      { kind: 'constant', value, type: { oid: OID.int4, typmod: -1 } },
    ],
  },
})

/** Reads a statement: how many rows, the sum of their first column, and what `atFirst` returned after the first batch. */
async function read<T>(
  statement: RemoteStatement,
  atFirst?: () => Promise<T>,
  from = open,
): Promise<{ rows: number; sum: number; seen: T | undefined }> {
  let [rows, sum, seen] = [0, 0, undefined as T | undefined]
  const values = statement.parameters.map((p) => (p.kind === 'constant' ? p.value : null))
  const options = { signal: new AbortController().signal, batchRows: 8192 }
  for await (const batch of from.scan(statement, values, options)) {
    if (rows === 0) seen = await atFirst?.()
    rows += batch.length
    const ids = (batch.columns[0] as unknown as { readonly values: Int32Array }).values
    for (let i = 0; i < batch.length; i++) sum += ids[i]!
  }
  return { rows, sum, seen }
}

const readers = async (): Promise<string[]> =>
  (
    await client.query<{ query: string }>(
      `SELECT query FROM pg_stat_activity WHERE application_name = 'tributary' AND query LIKE '%ctid%' AND state <> 'idle'`,
    )
  ).rows.map((row) => row.query)

/** What runs once both parts do: the second may begin a moment after the first rows are here. */
async function twoReaders(): Promise<string[]> {
  const deadline = Date.now() + 2000
  for (;;) {
    const running = await readers()
    if (running.length >= 2 || Date.now() > deadline) return running
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Within a second no part runs any more. */
async function expectQuiet(): Promise<void> {
  const deadline = Date.now() + 1000
  while ((await readers()).length > 0 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  expect(await readers()).toEqual([])
}

test('every row comes once, over two connections, each with its own range', async () => {
  const { rows, sum, seen } = await read(print(scan), twoReaders)
  expect([rows, sum]).toEqual([ROWS, (ROWS * (ROWS + 1)) / 2])
  expect(seen?.length).toBe(2)
  expect(seen?.some((text) => /WHERE \(t1\.ctid < '\(\d+,0\)'::tid\)$/.test(text))).toBe(true)
  expect(seen?.some((text) => /WHERE \(t1\.ctid >= '\(\d+,0\)'::tid\)$/.test(text))).toBe(true)
  await expectQuiet()
})

test('a filter stays, with its parameters', async () => {
  const { rows } = await read(print(greaterThan(1, '499')))
  expect(rows).toBe(ROWS / 2)
})

test('all parts see one snapshot', async () => {
  const statement = print(scan)
  const { rows } = await read(statement, async () => {
    await client.query(
      `INSERT INTO facts SELECT i, 0, '' FROM generate_series(${ROWS + 1}, ${ROWS + 5000}) i`,
    )
    await client.query('DELETE FROM facts WHERE id % 100 = 0')
  })
  expect(rows).toBe(ROWS)
  const now = Number((await client.query('SELECT count(*) FROM facts')).rows[0].count)
  expect((await read(statement)).rows).toBe(now)
})

test('leaving early ends every part at the server, and the connections serve again', async () => {
  for await (const batch of open.scan(print(scan), [], {
    signal: new AbortController().signal,
    batchRows: 1000,
  })) {
    expect(batch.length).toBe(1000)
    break
  }
  await expectQuiet()
  expect((await read(print(greaterThan(1, '998')))).rows).toBeGreaterThan(0)
})

test('an error of one part is the statement’s', async () => {
  const statement = print(scan)
  const gone = { ...statement, columns: [...statement.columns].reverse().map((c, i) => ({ ...c, type: { oid: i === 0 ? OID.text : OID.int4, typmod: -1 } })) } // prettier-ignore
  await expect(read(gone)).rejects.toMatchObject({ code: 'HV004' })
  await expectQuiet()
})

test('it is read whole where parts would not help', async () => {
  const isSplit = (statement: RemoteStatement) =>
    (statement.handle as { split?: unknown }).split !== undefined
  expect(isSplit(print(scan))).toBe(true)
  expect(isSplit(print(greaterThan(0, '5')))).toBe(false)
  expect(isSplit(print({ kind: 'distinct', input: scan }))).toBe(false)
  expect(isSplit(print(scan, sourceWith({ parallel_reads: 1 })))).toBe(false)
  expect(isSplit(print(scan, sourceWith({ flavor: 'yugabyte' })))).toBe(false)
  expect(isSplit(print(scan, sourceWith({}, '13.4')))).toBe(false)
  // Half of the rows' time against three more round trips: of 50 ms, of 200 ms, and of these where rows come slowly.
  const far = (milliseconds: number) => ({ ...DEFAULT_PRICES, roundTrip: milliseconds * 1000 })
  expect(isSplit(print(scan, source, far(50)))).toBe(true)
  expect(isSplit(print(scan, source, far(200)))).toBe(false)
  expect(isSplit(print(scan, source, { ...far(200), rowMoved: 6.4 }))).toBe(true)
  // One connection is all there is: no second part, and no waiting for one.
  const single = connector.open(sourceWith({ pool: { max: 1 } }))
  const { seen, rows } = await read(print(scan), readers, single)
  expect(seen).toEqual([])
  expect(rows).toBeGreaterThan(ROWS / 2)
  await single.close()
})
