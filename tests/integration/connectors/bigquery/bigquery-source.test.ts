/** The running half of the BigQuery connector against the test server: discovery, nesting, paging, faults, cancel. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type { SourceDefinition, TableDefinition } from '../../../../src/catalog/catalog.js'
import type { OpenSource, RemoteStatement } from '../../../../src/connectors/connector.js'
import { connector } from '../../../../src/connectors/bigquery/index.js'
import { EngineError } from '../../../../src/errors.js'
import { parseTypeName } from '../../../../src/types/type-registry.js'
import { datumAt } from '../../../../src/types/vectors/vector-ops.js'
import { startBigQuery, type BigQueryServer } from '../../../servers/bigquery.js'
import { freePort } from '../../../servers/free-port.js'
import { startTributary } from '../../../world/tributary-process.js'
import { Federation, tableFrom } from '../federation.js'

/** How long a server may take to hear of something on a busy machine, in ms. */
const WAIT = { timeout: 10_000 }

let server: BigQueryServer
let source: SourceDefinition
let open: OpenSource

const LINE_FIELDS = [
  { name: 'sku', type: 'STRING' },
  { name: 'qty', type: 'INT64' },
  { name: 'tags', type: 'STRING', mode: 'REPEATED' },
] as const

beforeAll(async () => {
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  server = await startBigQuery()
  await server.createTable({
    dataset: 'shop',
    name: 'orders',
    primaryKey: ['id'],
    partition: { field: 'day', required: true },
    clustering: ['id'],
    fields: [
      { name: 'id', type: 'INT64', mode: 'REQUIRED' },
      { name: 'day', type: 'DATE' },
      { name: 'address', type: 'STRUCT', fields: [{ name: 'city', type: 'STRING' }, { name: 'zip', type: 'INT64' }] }, // prettier-ignore
      { name: 'lines', type: 'STRUCT', mode: 'REPEATED', fields: LINE_FIELDS },
      { name: 'doc', type: 'JSON' },
    ],
    rows: [
      ['1', '2020-01-01', '{"city":"K\\u00f6ln \\"K\\"","zip":9007199254740993}', '[{"sku":"a","qty":1,"tags":["x","y"]},{"sku":"b","qty":2,"tags":[]}]', '{"b":1,"a":[1.50,null]}'],
      ['2', '2020-01-02', null, '[]', null],
      ['3', '2020-01-03', '{"city":null,"zip":null}', '[{"sku":"c","qty":null,"tags":["z"]}]', '7'],
    ],
  }) // prettier-ignore
  await server.createTable({
    dataset: 'shop',
    name: 'numbers',
    fields: [
      { name: 'n', type: 'INT64' },
      { name: 't', type: 'STRING' },
    ],
    rows: [],
  })
  await server.fill('shop', 'numbers', "SELECT range, repeat('x', 20) FROM range(0, 25000)")
  source = sourceOf({})
  open = connector.open(source)
})

afterEach(() => {
  Object.assign(server.faults, {
    ...{ jobMilliseconds: 0, cutPage: undefined, shortPage: undefined, failPage: undefined },
    pageRows: 100_000,
  })
  server.statements.length = 0
})

afterAll(async () => {
  await open?.close()
  await server?.stop()
  vi.restoreAllMocks()
})

function sourceOf(changes: Record<string, unknown>): SourceDefinition {
  return {
    name: 'wh',
    connector: 'bigquery',
    connection: {
      ...{ project: server.project, dataset: 'shop', endpoint: server.endpoint },
      access_token: server.accessToken,
      ...changes,
    },
    limits: {},
    discover: {},
    tables: [],
    directory: '/',
  }
}

function statementOf(text: string, types: readonly string[]): RemoteStatement {
  const columns = types.map((type, i) => ({
    id: i + 1,
    name: `c${i + 1}`,
    type: parseTypeName(type),
  }))
  return { text, parameters: [], columns }
}

const NUMBERS = 'SELECT n, t FROM numbers ORDER BY n'

async function rowsOf(
  from: OpenSource,
  statement: RemoteStatement,
  signal = new AbortController().signal,
  batchRows = 8192,
): Promise<(string | null)[][]> {
  const rows: (string | null)[][] = []
  for await (const batch of from.scan(statement, [], { signal, batchRows })) {
    for (let i = 0; i < batch.length; i++) rows.push(batch.columns.map((c) => datumAt(c, i)))
  }
  return rows
}

async function failure(promise: Promise<unknown>): Promise<EngineError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(EngineError)
  return error as EngineError
}

function withoutFrom({ from, ...table }: TableDefinition): TableDefinition {
  void from
  return table
}

async function tables(): Promise<TableDefinition[]> {
  const signal = new AbortController().signal
  const found = await open.discover({ include: [], exclude: [], declared: [], signal })
  return found.tables.map((table) => ({
    ...tableFrom(table.from.split('.')[1]!, table),
    requireFilter: table.requireFilter ?? [],
  }))
}

test('discovers types, keys and what narrows a read, the same twice', async () => {
  const signal = new AbortController().signal
  const discover = () => open.discover({ include: [], exclude: [], declared: [], signal })
  const found = await discover()
  expect(found.server).toEqual({ product: 'BigQuery', version: 'v2', timezone: 'UTC' })
  expect(found.tables.map((table) => table.from)).toEqual(['shop.numbers', 'shop.orders'])
  expect(found.tables[1]).toMatchObject({
    ...{ rows: 3, primaryKey: ['id'], indexes: [['day'], ['id']], requireFilter: ['day'] },
    columns: [
      { name: 'id', type: 'bigint', native: 'INT64', notNull: true },
      { name: 'day', type: 'date', native: 'DATE', notNull: false },
      { name: 'address', type: 'jsonb', native: 'STRUCT<city STRING, zip INT64>' },
      { name: 'lines', type: 'jsonb', native: 'ARRAY<STRUCT<sku STRING, qty INT64, tags ARRAY<STRING>>>' }, // prettier-ignore
      { name: 'doc', type: 'jsonb', native: 'JSON' },
    ],
  })
  expect(await discover()).toEqual(found)
})

test('a signed token of a service account opens the door', async () => {
  const signed = connector.open(sourceOf({ access_token: undefined, credentials: server.credentials })) // prettier-ignore
  expect(await signed.ping(new AbortController().signal)).toMatchObject({ product: 'BigQuery' })
})

test('nested and repeated values are jsonb, their digits whole', async () => {
  const text = `SELECT address, lines, doc FROM orders WHERE day < '2021-01-01' ORDER BY id`
  const dated = text.replace(`'2021-01-01'`, `DATE '2021-01-01'`)
  expect(await rowsOf(open, statementOf(dated, ['jsonb', 'jsonb', 'jsonb']))).toEqual([
    [
      '{"zip": 9007199254740993, "city": "Köln \\"K\\""}',
      '[{"qty": 1, "sku": "a", "tags": ["x", "y"]}, {"qty": 2, "sku": "b", "tags": []}]',
      '{"a": [1.50, null], "b": 1}',
    ],
    [null, '[]', null],
    ['{"zip": null, "city": null}', '[{"qty": null, "sku": "c", "tags": ["z"]}]', '7'],
  ])
})

test('a field of a struct is a column, a repeated field a child table', async () => {
  const [, orders] = await tables()
  const column = (name: string, from: string, type: string, native?: string) => ({
    ...{ name, from, type, notNull: false, hidden: false, tags: [], options: {} },
    ...(native === undefined ? {} : { native }),
  })
  const parent = {
    ...orders!,
    columns: [...orders!.columns, column('city', 'address.city', 'text', 'STRING')],
  }
  const children = (keep: boolean): TableDefinition => ({
    ...orders!,
    ...{ name: keep ? 'kept' : 'lines', primaryKey: [], requireFilter: [] },
    options: { unnest: { path: 'lines', ordinality: 'position', keep_empty: keep } },
    columns: [
      column('order_id', '../id', 'bigint', 'INT64'),
      column('day', '../day', 'date', 'DATE'),
      column('position', 'position', 'bigint', 'INT64'),
      column('sku', 'sku', 'text', 'STRING'),
      column('tags', 'tags', 'jsonb', 'ARRAY<STRING>'),
    ],
  })
  server.dropTable('shop', 'free')
  await server.createTable({
    dataset: 'shop',
    name: 'free',
    fields: [
      { name: 'id', type: 'INT64' },
      { name: 'day', type: 'DATE' },
      { name: 'lines', type: 'STRUCT', mode: 'REPEATED', fields: LINE_FIELDS },
    ],
    rows: [
      ['1', '2020-01-01', '[{"sku":"a","qty":1,"tags":["x","y"]},{"sku":"b","qty":2,"tags":[]}]'],
      ['2', '2020-01-02', '[]'],
    ],
  })
  const free = (keep: boolean) => ({ ...children(keep), from: 'free' })
  const federation = await Federation.start([{ ...source, tables: [parent, free(false), free(true)] }]) // prettier-ignore
  try {
    const cities = await federation.run(`select id, city from orders where day >= '2020-01-01' and city like 'K%'`) // prettier-ignore
    expect(cities.rows).toEqual([['1', 'Köln "K"']])
    expect(cities.nodes).toEqual(['remote-query'])
    const lines = await federation.run('select * from lines order by sku')
    expect(lines.rows).toEqual([
      ['1', '2020-01-01', '0', 'a', '["x", "y"]'],
      ['1', '2020-01-01', '1', 'b', '[]'],
    ])
    const counts = await federation.run('select order_id, count(sku) from kept group by 1 order by 1') // prettier-ignore
    expect(counts.rows).toEqual([
      ['1', '2'],
      ['2', '0'],
    ])
    expect(counts.nodes).toEqual(['remote-query'])
  } finally {
    await federation.close()
  }
})

test('a table that requires a partition filter is not read without one', async () => {
  const federation = await Federation.start([{ ...source, tables: await tables() }])
  try {
    const error = await failure(federation.run('select count(*) from orders'))
    expect(error).toMatchObject({ code: '53400', category: 'policy' })
    expect(error.message).toBe('Table wh.orders may only be read with a filter on day')
    expect(server.statements).toEqual([])
    const filtered = await federation.run(`select count(*) from orders where day = '2020-01-02'`)
    expect(filtered.rows).toEqual([['1']])
    const keys = await federation.run('select id from orders where day = any ($1)', 'on', ['{2020-01-03}']) // prettier-ignore
    expect(keys.rows).toEqual([['3']])
    expect(keys.sent).toEqual(['SELECT t1.`id` FROM `shop`.`orders` AS t1 WHERE (t1.`day` IN UNNEST(@p1))']) // prettier-ignore
    expect(server.statements.at(-1)!.parameters).toEqual({ p1: { type: 'ARRAY<DATE>', value: ['2020-01-03'] } }) // prettier-ignore
    // A filter that stays here is none to the source.
    const asked = server.statements.length
    const local = await failure(federation.run(`select count(*) from orders where day = '2020-01-02'`, 'off')) // prettier-ignore
    expect(local).toMatchObject({ code: '53400', category: 'policy' })
    expect(server.statements).toHaveLength(asked)
  } finally {
    await federation.close()
  }
})

test('a table defined by a statement in GoogleSQL', async () => {
  const defined: TableDefinition = {
    ...(await tables())[0]!,
    ...{ name: 'small', columns: [], primaryKey: [], requireFilter: [] },
    query: "SELECT n, n + 1 AS next, NUMERIC '1.5' AS half FROM numbers WHERE n < 3;",
  }
  const table = withoutFrom(defined)
  const signal = new AbortController().signal
  const found = await open.discover({ include: [], exclude: ['*'], declared: [table], signal })
  expect(found.tables).toMatchObject([
    {
      from: 'query:small',
      columns: [
        { name: 'n', type: 'bigint', native: 'INT64' },
        { name: 'next', type: 'bigint', native: 'INT64' },
        { name: 'half', type: 'numeric(38,9)', native: 'NUMERIC' },
      ],
    },
  ])
  const known = withoutFrom(tableFrom('small', found.tables[0]!))
  const federation = await Federation.start([{ ...source, tables: [{ ...known, query: table.query! }] }]) // prettier-ignore
  try {
    const result = await federation.run('select sum(next), max(half) from small where n > 0')
    expect(result.rows).toEqual([['5', '1.500000000']])
    expect(result.nodes).toEqual(['remote-query'])
  } finally {
    await federation.close()
  }
  const broken = { ...table, query: 'SELECT nothing FROM numbers' }
  const error = await failure(open.discover({ include: [], exclude: ['*'], declared: [broken], signal })) // prettier-ignore
  expect(error).toMatchObject({ code: 'F0000' })
})

test('pages are fetched one ahead, and every row arrives once, in order', async () => {
  server.faults.pageRows = 3000
  const rows = await rowsOf(open, statementOf(NUMBERS, ['bigint', 'text']), undefined, 1000)
  expect(rows).toHaveLength(25_000)
  expect(rows.map((row) => row[0])).toEqual(rows.map((_row, i) => String(i)))
})

test('the next page is on its way while one is read, and no further one', async () => {
  server.faults.pageRows = 3000
  const before = server.pages.length
  const options = { signal: new AbortController().signal, batchRows: 100 }
  for await (const batch of open.scan(statementOf(NUMBERS, ['bigint', 'text']), [], options)) {
    expect(batch.length).toBe(100)
    await vi.waitFor(() => expect(server.pages.length - before).toBe(2), WAIT)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(server.pages.length - before).toBe(2)
    break
  }
})

test('the test server refuses what it does not know', async () => {
  const ask = async (path: string): Promise<number> => {
    const headers = { authorization: `Bearer ${server.accessToken}` }
    return (await fetch(`${server.endpoint}/bigquery/v2/projects/${server.project}/${path}`, { headers })).status // prettier-ignore
  }
  expect(await ask('datasets/shop/tables')).toBe(200)
  expect(await ask('datasets/shop/models')).toBe(404)
  expect(await ask('datasets/shop/tables?view=FULL')).toBe(400)
})

test.each([
  ['cut in the middle of a page', { pageRows: 5000, cutPage: 3 }, '08006'],
  ['a page with a row too few', { pageRows: 5000, shortPage: 5 }, '08006'],
  ['a page that fails again and again', { pageRows: 5000, failPage: 2 }, 'HV000'],
])('%s is an error, never a partial result', async (_name, faults, code) => {
  Object.assign(server.faults, faults)
  const error = await failure(rowsOf(open, statementOf(NUMBERS, ['bigint', 'text'])))
  expect(error).toMatchObject({ code, source: 'wh', category: 'source' })
  expect(error.hint).not.toBe(undefined)
  Object.assign(server.faults, { cutPage: undefined, shortPage: undefined, failPage: undefined })
  expect(await rowsOf(open, statementOf(NUMBERS, ['bigint', 'text']))).toHaveLength(25_000)
})

test.each([
  ['wrong credentials', { access_token: 'wrong' }, 'SELECT 1 AS x', '08004', 'refused the credentials'],
  ['an unknown table', {}, 'SELECT n FROM nothing', 'HV00R', 'does not have table test-project:shop.nothing'],
  ['a dropped column', {}, 'SELECT m FROM numbers', 'HV005', 'does not have column m'],
  ['a changed type', {}, `SELECT n FROM numbers WHERE n = 'x'`, 'HV000', 'refused the statement'],
  ['a function that does not exist there', {}, 'SELECT OCTET_LENGTH(t) FROM numbers', 'HV000', 'refused'],
  ['too many bytes', { maximum_bytes_billed: '1MB' }, 'SELECT n FROM numbers', 'HV000', 'maximum_bytes_billed'],
  ['an overflow', {}, 'SELECT n + 9223372036854775807 FROM numbers', '22003', 'bigint out of range'],
])('%s', async (_name, changes, sql, code, message) => {
  const other = connector.open(sourceOf(changes))
  const error = await failure(rowsOf(other, statementOf(sql, ['bigint'])))
  expect(error.code).toBe(code)
  expect(error.message).toContain(message)
  expect(error.source).toBe('wh')
  // What the service said is in the log alone, under the id that the error names.
  expect(error.detail).toMatch(/^Incident [0-9a-f]{12}: /)
  await other.close()
}) // prettier-ignore

test('a server that is not there', async () => {
  const gone = connector.open(sourceOf({ endpoint: `http://127.0.0.1:${await freePort()}` }))
  const error = await failure(gone.ping(new AbortController().signal))
  expect(error).toMatchObject({ code: '08001', source: 'wh' })
}, 30_000)

test('an abort while the job is still being made cancels it once it is there', async () => {
  const [asked, cancelled] = [server.statements.length, server.cancelled.length]
  server.faults.jobMilliseconds = 20_000
  const abort = new AbortController()
  const reading = failure(rowsOf(open, statementOf(NUMBERS, ['bigint', 'text']), abort.signal))
  // The service has heard of the statement, and answers only after a turn of the event loop or more.
  while (server.statements.length === asked) await new Promise(setImmediate)
  abort.abort()
  expect((await reading).code).toBe('57014')
  await vi.waitFor(() => expect(server.cancelled).toHaveLength(cancelled + 1), WAIT)
  server.faults.jobMilliseconds = 0
})

test('an abort cancels the job at the source, and so does leaving early', async () => {
  const before = server.cancelled.length
  server.faults.jobMilliseconds = 20_000
  const abort = new AbortController()
  const started = Date.now()
  setTimeout(() => abort.abort(), 200)
  const error = await failure(rowsOf(open, statementOf(NUMBERS, ['bigint', 'text']), abort.signal))
  expect(error.code).toBe('57014')
  expect(Date.now() - started).toBeLessThan(5000)
  await vi.waitFor(() => expect(server.cancelled).not.toHaveLength(before), WAIT)
  server.faults.jobMilliseconds = 0
  server.faults.pageRows = 100
  const signal = new AbortController().signal
  for await (const batch of open.scan(statementOf(NUMBERS, ['bigint', 'text']), [], {
    signal,
    batchRows: 50,
  })) {
    // prettier-ignore
    expect(batch.length).toBe(50)
    break
  }
  await vi.waitFor(() => expect(server.cancelled.length).toBeGreaterThan(before + 1), WAIT)
})

test('a dry run tells bytes and cost and runs nothing', async () => {
  const estimate = await open.estimate!(statementOf('SELECT n FROM numbers', ['bigint']), [], new AbortController().signal) // prettier-ignore
  expect(estimate).toEqual({ bytes: 200_000, dollars: (200_000 / 2 ** 40) * 6.25 })
  expect(server.statements.map((statement) => statement.dryRun)).toEqual([true])
})

test('EXPLAIN shows what BigQuery says a statement reads and costs', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tributary-bigquery-'))
  const tributary = await serveBigQuery(directory)
  try {
    const result = await tributary.client.query<{ 'QUERY PLAN': string }>('EXPLAIN SELECT n FROM numbers WHERE n > 5') // prettier-ignore
    const lines = result.rows.map((row) => row['QUERY PLAN'].trim())
    expect(lines).toContain('estimate: reads 200000 bytes, 0.00000114 dollars')
    expect(server.statements.every((statement) => statement.dryRun)).toBe(true)
    const silent = await tributary.client.query<{ 'QUERY PLAN': string }>('EXPLAIN (COSTS off) SELECT n FROM numbers') // prettier-ignore
    expect(silent.rows.some((row) => row['QUERY PLAN'].includes('estimate'))).toBe(false)
  } finally {
    await tributary.stop()
    await rm(directory, { recursive: true, force: true })
  }
})

async function serveBigQuery(
  directory: string,
): Promise<{ client: pg.Client; stop(): Promise<void> }> {
  // prettier-ignore
  await mkdir(join(directory, 'sources'))
  const header = { version: 1, kind: 'catalog', name: 'test', search_path: ['wh'] }
  await writeFile(join(directory, 'catalog.yaml'), JSON.stringify(header))
  const connection = { ...source.connection, access_token: '${env:BIGQUERY_TOKEN}' }
  const columns = [{ name: 'n', type: 'bigint' }]
  const file = { version: 1, kind: 'source', name: 'wh', connector: 'bigquery', connection, tables: [{ name: 'numbers', from: 'numbers', columns }] } // prettier-ignore
  await writeFile(join(directory, 'sources', 'wh.yaml'), JSON.stringify(file))
  const tributary = await startTributary(directory, { BIGQUERY_TOKEN: server.accessToken })
  const client = new pg.Client({ host: '127.0.0.1', port: tributary.port, user: 'tester', database: 'test' }) // prettier-ignore
  await client.connect()
  return {
    client,
    async stop() {
      await client.end()
      await tributary.stop()
    },
  }
}
