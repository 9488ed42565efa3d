/** The running half of the Snowflake connector against the test server: discovery, documents, chunks, faults, cancel. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPairSync } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import type {
  ColumnDefinition,
  SourceDefinition,
  TableDefinition,
} from '../../../../src/catalog/catalog.js'
import type { OpenSource, RemoteStatement } from '../../../../src/connectors/connector.js'
import { connector } from '../../../../src/connectors/snowflake/index.js'
import { EngineError } from '../../../../src/errors.js'
import { parseTypeName } from '../../../../src/types/type-registry.js'
import { datumAt } from '../../../../src/types/vectors/vector-ops.js'
import { freePort } from '../../../servers/free-port.js'
import { startSnowflake, type SnowflakeServer } from '../../../servers/snowflake.js'
import { Federation, tableFrom } from '../federation.js'

/** How long a server may take to hear of something on a busy machine, in ms. */
const WAIT = { timeout: 10_000 }

let server: SnowflakeServer
let source: SourceDefinition
let open: OpenSource

beforeAll(async () => {
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  server = await startSnowflake()
  await server.createTable({
    schema: 'SHOP',
    name: 'EVENTS',
    primaryKey: ['ID'],
    columns: [
      { name: 'ID', type: { name: 'NUMBER', precision: 38, scale: 0 }, notNull: true },
      { name: 'PAYLOAD', type: { name: 'VARIANT' } },
      { name: 'TAGS', type: { name: 'ARRAY' } },
      { name: 'label', type: { name: 'VARCHAR' }, collation: 'en-ci' },
      { name: 'AT', type: { name: 'TIMESTAMP_TZ', scale: 9 } },
      { name: 'SMALL', type: { name: 'NUMBER', precision: 9, scale: 0 } },
    ],
    rows: [
      ['1', '{"kind":"open","n":9007199254740993,"customer":{"id":"7"}}', '["x","y"]', 'A', '2020-01-31 10:20:30.123456+00', '5'],
      ['2', '{"kind":null}', '[]', 'a', '1969-12-31 23:59:58.5+00', null],
      ['3', null, '["z"]', null, null, '7'],
    ],
  }) // prettier-ignore
  await server.createTable({
    schema: 'SHOP',
    name: 'NUMBERS',
    columns: [
      { name: 'N', type: { name: 'NUMBER', precision: 18, scale: 0 } },
      { name: 'T', type: { name: 'VARCHAR' } },
    ],
    rows: [],
  })
  await server.fill('SHOP', 'NUMBERS', "SELECT range, repeat('x', 20) FROM range(0, 25000)")
  source = sourceOf({})
  open = connector.open(source)
}, 60_000)

afterEach(() => {
  Object.assign(server.faults, {
    ...{ queryMilliseconds: 0, cutChunk: undefined, shortChunk: undefined, failChunk: undefined },
    ...{ chunkRows: 10_000, expireToken: false },
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
    connector: 'snowflake',
    connection: {
      ...{ account: server.account, url: server.url, user: server.user },
      ...{ password: server.password, database: server.database, schema: 'SHOP' },
      ...{ warehouse: 'LOAD_WH', role: 'ANALYST' },
      ...changes,
    },
    limits: {},
    discover: {},
    tables: [],
    directory: '/',
  }
}

const signal = () => new AbortController().signal

function statementOf(text: string, types: readonly string[]): RemoteStatement {
  const columns = types.map((type, i) => ({
    id: i + 1,
    name: `c${i + 1}`,
    type: parseTypeName(type),
  }))
  return { text, parameters: [], columns }
}

const NUMBERS = statementOf('SELECT N, T FROM NUMBERS ORDER BY N', ['bigint', 'text'])

async function rowsOf(
  from: OpenSource,
  statement: RemoteStatement,
  stop = signal(),
  batchRows = 8192,
): Promise<(string | null)[][]> {
  const rows: (string | null)[][] = []
  for await (const batch of from.scan(statement, [], { signal: stop, batchRows })) {
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

test('discovers types, keys and counts, the same twice', async () => {
  const discover = () => open.discover({ include: [], exclude: [], declared: [], signal: signal() })
  const found = await discover()
  expect(found.server).toEqual({ product: 'Snowflake', version: '9.36.0', timezone: 'UTC' })
  expect(found.tables.map((table) => table.from)).toEqual(['SHOP.EVENTS', 'SHOP.NUMBERS'])
  expect(found.tables[0]).toMatchObject({
    ...{ rows: 3, primaryKey: ['ID'] },
    columns: [
      { name: 'ID', type: 'numeric(38,0)', native: 'NUMBER(38,0)', notNull: true },
      { name: 'PAYLOAD', type: 'jsonb', native: 'VARIANT' },
      { name: 'TAGS', type: 'jsonb', native: 'ARRAY' },
      { name: 'label', type: 'text', native: `TEXT COLLATE 'en-ci'`, collation: 'en-ci' },
      { name: 'AT', type: 'timestamptz', native: 'TIMESTAMP_TZ(9)' },
      { name: 'SMALL', type: 'integer', native: 'NUMBER(9,0)' },
    ],
  })
  expect(await discover()).toEqual(found)
})

test('a key pair opens the door, by its text or its file, and no other key does', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tributary-snowflake-'))
  try {
    const file = join(directory, 'key.p8')
    await writeFile(file, server.privateKey)
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    })
    for (const changes of [{ private_key: server.privateKey }, { private_key_file: file }]) {
      const signed = connector.open(sourceOf({ password: undefined, ...changes }))
      expect(await signed.ping(signal())).toMatchObject({ version: '9.36.0' })
      await signed.close()
    }
    expect(server.logins.at(-1)).toEqual({ role: 'ANALYST', warehouse: 'LOAD_WH', authenticator: 'SNOWFLAKE_JWT' }) // prettier-ignore
    const stranger = connector.open(sourceOf({ password: undefined, private_key: String(other) }))
    expect(await failure(stranger.ping(signal()))).toMatchObject({ code: '08004', source: 'wh' })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

test('documents are jsonb, instants are in UTC', async () => {
  const statement = statementOf('SELECT PAYLOAD, TAGS, AT FROM EVENTS ORDER BY ID', ['jsonb', 'jsonb', 'timestamptz']) // prettier-ignore
  expect(await rowsOf(open, statement)).toEqual([
    ['{"n": 9007199254740993, "kind": "open", "customer": {"id": "7"}}', '["x", "y"]', '2020-01-31 10:20:30.123456+00'], // prettier-ignore
    ['{"kind": null}', '[]', '1969-12-31 23:59:58.5+00'],
    [null, '["z"]', null],
  ])
})

test('a path is a column, an array a child table, and a collated text is not compared there', async () => {
  const found = await open.discover({ include: [], exclude: [], declared: [], signal: signal() })
  const column = (name: string, from: string, type: string): ColumnDefinition => ({
    ...{ name, from, type, notNull: false, hidden: false, tags: [], options: {} },
  })
  const events = tableFrom('events', found.tables[0]!)
  const parent: TableDefinition = {
    ...events,
    primaryKey: ['id'],
    columns: [
      ...events.columns.map((own) => ({ ...own, name: own.name.toLowerCase() })),
      column('kind', 'PAYLOAD:kind', 'text'),
      column('customer', 'PAYLOAD:customer.id', 'bigint'),
    ],
  }
  const child = (keep: boolean): TableDefinition => ({
    ...events,
    ...{ name: keep ? 'kept' : 'tags', primaryKey: [] },
    options: { unnest: { path: 'TAGS', ordinality: 'position', keep_empty: keep } },
    columns: [column('id', '../ID', 'bigint'), column('position', 'position', 'bigint'), column('tag', '.', 'text')], // prettier-ignore
  })
  const federation = await Federation.start([{ ...source, tables: [parent, child(false), child(true)] }]) // prettier-ignore
  try {
    const paths = await federation.run(`select id, kind, customer from events where kind = 'open'`)
    expect(paths.rows).toEqual([['1', 'open', '7']])
    expect(paths.nodes).toEqual(['remote-query'])
    expect(paths.sent[0]).toContain('t1."PAYLOAD":"customer"."id"')
    const tags = await federation.run('select * from tags order by tag')
    expect(tags.rows).toEqual([
      ['1', '0', 'x'],
      ['1', '1', 'y'],
      ['3', '0', 'z'],
    ])
    const counts = await federation.run('select id, count(tag) from kept group by 1 order by 1')
    expect(counts.rows).toEqual([
      ['1', '2'],
      ['2', '0'],
      ['3', '1'],
    ])
    const collated = await federation.run(`select id from events where label = 'a'`)
    expect(collated.rows).toEqual([['2']])
    expect(collated.notes.join()).toContain(`TEXT COLLATE 'en-ci'`)
  } finally {
    await federation.close()
  }
})

test('a long list travels as one document, a short one as binds', async () => {
  const found = await open.discover({ include: ['NUMBERS'], exclude: [], declared: [], signal: signal() }) // prettier-ignore
  const table = tableFrom('numbers', found.tables[0]!)
  const numbers = { ...table, columns: table.columns.map((c) => ({ ...c, name: c.name.toLowerCase() })) } // prettier-ignore
  const federation = await Federation.start([{ ...source, tables: [numbers] }])
  try {
    const long = `{${Array.from({ length: 300 }, (_, i) => i * 100).join()}}`
    const many = await federation.run('select count(*) from numbers where n = any ($1)', 'on', [long]) // prettier-ignore
    expect(many.rows).toEqual([['250']])
    expect(server.statements.at(-1)!.sql).toContain('FLATTEN(INPUT => PARSE_JSON(?))')
    const texts = await federation.run('select count(*) from numbers where t = any ($1)', 'on', [`{${'a,'.repeat(299)}${'x'.repeat(20)}}`]) // prettier-ignore
    expect(texts.rows).toEqual([['25000']])
    const few = await federation.run('select n from numbers where n = any ($1)', 'on', ['{3,NULL}'])
    expect(few.rows).toEqual([['3']])
    expect(server.statements.at(-1)).toEqual({
      sql: 'SELECT t1."N" AS "n" FROM "TESTDB"."SHOP"."NUMBERS" AS t1 WHERE (t1."N" IN (CAST(? AS NUMBER(38,0)), CAST(? AS NUMBER(38,0))))',
      binds: { '1': { type: 'TEXT', value: '3' }, '2': { type: 'TEXT', value: null } },
    })
  } finally {
    await federation.close()
  }
})

test('chunks come several at once and are read in order', async () => {
  server.faults.chunkRows = 3000
  const before = server.chunks.length
  const rows = await rowsOf(open, NUMBERS, undefined, 1000)
  expect(rows.map((row) => row[0])).toEqual(Array.from({ length: 25_000 }, (_, i) => String(i)))
  expect(server.chunks.length - before).toBe(8)
})

test('some chunks are on their way while one is read, not all', async () => {
  server.faults.chunkRows = 1000
  const before = server.chunks.length
  for await (const batch of open.scan(NUMBERS, [], { signal: signal(), batchRows: 100 })) {
    expect(batch.length).toBe(100)
    await vi.waitFor(() => expect(server.chunks.length - before).toBeGreaterThanOrEqual(4), WAIT)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(server.chunks.length - before).toBeLessThan(8)
    break
  }
})

test.each([
  ['cut in the middle of a chunk', { chunkRows: 5000, cutChunk: 2 }, '08006'],
  ['a chunk with a row too few', { chunkRows: 5000, shortChunk: 3 }, '08006'],
  ['a chunk that fails again and again', { chunkRows: 5000, failChunk: 1 }, 'HV000'],
])('%s is an error, never a partial result', async (_name, faults, code) => {
  Object.assign(server.faults, faults)
  const error = await failure(rowsOf(open, NUMBERS))
  expect(error).toMatchObject({ code, source: 'wh', category: 'source' })
  expect(error.hint).not.toBe(undefined)
  Object.assign(server.faults, { cutChunk: undefined, shortChunk: undefined, failChunk: undefined })
  expect(await rowsOf(open, NUMBERS)).toHaveLength(25_000)
})

test.each([
  ['a wrong password', { password: 'wrong' }, 'SELECT 1 AS X', '08004', 'refused the connection'],
  ['a role that is not granted', { role: 'ADMIN' }, 'SELECT 1 AS X', '08004', 'refused the connection'],
  ['an unknown table', {}, 'SELECT N FROM NOTHING', 'HV00R', 'does not have table NOTHING'],
  ['a dropped column', {}, 'SELECT M FROM NUMBERS', 'HV005', 'does not have column M'],
  ['a changed type', {}, `SELECT N FROM NUMBERS WHERE N = TRUE`, 'HV000', 'refused the statement'],
  ['a function that does not exist there', {}, 'SELECT STRPOS(T, T) FROM NUMBERS', 'HV000', 'refused'],
  ['a division by zero', {}, 'SELECT MOD(N, 0) FROM NUMBERS', '22012', 'division by zero'],
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
  const gone = connector.open(sourceOf({ url: `http://127.0.0.1:${await freePort()}` }))
  const error = await failure(gone.ping(signal()))
  expect(error).toMatchObject({ code: '08001', source: 'wh' })
}, 60_000)

test('an expired token is renewed and the statement goes on', async () => {
  server.faults.expireToken = true
  const before = server.renewals
  expect(await rowsOf(open, statementOf('SELECT COUNT(*) AS C FROM NUMBERS', ['bigint']))).toEqual([['25000']]) // prettier-ignore
  expect(server.renewals).toBe(before + 1)
})

test('an abort cancels the statement at the source', async () => {
  server.faults.queryMilliseconds = 20_000
  const abort = new AbortController()
  const started = Date.now()
  setTimeout(() => abort.abort(), 200)
  const error = await failure(rowsOf(open, NUMBERS, abort.signal))
  expect(error.code).toBe('57014')
  expect(Date.now() - started).toBeLessThan(5000)
  await vi.waitFor(() => expect(server.aborted).toHaveLength(1), WAIT)
  server.faults.queryMilliseconds = 0
  for await (const batch of open.scan(NUMBERS, [], { signal: signal(), batchRows: 50 })) {
    expect(batch.length).toBe(50)
    break
  }
  expect(await rowsOf(open, statementOf('SELECT COUNT(*) AS C FROM NUMBERS', ['bigint']))).toEqual([['25000']]) // prettier-ignore
})

test('a table defined by a statement in Snowflake SQL', async () => {
  const table: TableDefinition = {
    name: 'few',
    query: 'SELECT N, N * 1.5 AS HALVES FROM NUMBERS WHERE N < 3',
    ...{ columns: [], primaryKey: [], unique: [], foreignKeys: [], indexes: [], rely: false },
    ...{ statistics: { columns: {} }, requireFilter: [], options: {} },
  }
  const found = await open.discover({ include: [], exclude: ['*'], declared: [table], signal: signal() }) // prettier-ignore
  expect(found.tables).toMatchObject([
    {
      from: 'query:few',
      columns: [
        { name: 'N', type: 'bigint', native: 'NUMBER(18,0)' },
        { name: 'HALVES', type: 'numeric(20,1)', native: 'NUMBER(20,1)' },
      ],
    },
  ])
  const known = { ...tableFrom('few', found.tables[0]!), query: table.query! }
  const federation = await Federation.start([{ ...source, tables: [known] }])
  try {
    const result = await federation.run('select sum("HALVES"), max("N") from few where "N" > 0')
    expect(result.rows).toEqual([['4.5', '2']])
    expect(result.nodes).toEqual(['remote-query'])
  } finally {
    await federation.close()
  }
})

test('sessions end when the source is closed', async () => {
  const before = server.closedSessions
  const other = connector.open(source)
  await other.ping(signal())
  await other.close()
  expect(server.closedSessions).toBe(before + 1)
})
