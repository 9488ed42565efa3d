/** `tributary serve` as a process: what users meet when things are wrong, and that the rest goes on. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectSocket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPostgres, type PostgresServer } from '../../servers/postgres.js'
import { startTributary, type TributaryProcess } from '../../world/tributary-process.js'

const directory = mkdtempSync(join(tmpdir(), 'tributary-serve-'))
let postgres: PostgresServer
let tributary: TributaryProcess

function writeCatalog(name: string, files: Readonly<Record<string, string>>): string {
  for (const [path, text] of Object.entries(files)) {
    const file = join(directory, name, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  return join(directory, name)
}

function catalogFiles(port: number): Record<string, string> {
  const source = (name: string, at: number): string => `version: 1
kind: source
name: ${name}
connector: postgres
connection: {host: 127.0.0.1, port: ${at}, database: postgres, user: postgres, password: "\${env:PASSWORD}"}
tables:
  - name: numbers
    from: public.numbers
    columns: [{name: n, type: integer}, {name: label, type: text}]
  - name: ghost
    from: public.ghost
    columns: [{name: n, type: integer}]
`
  return {
    'catalog.yaml': 'version: 1\nkind: catalog\nname: shop\nsearch_path: [up]\n',
    'sources/up.yaml': source('up', port),
    'sources/down.yaml': source('down', 1),
    'views/v/small.sql': 'SELECT n, label FROM up.numbers WHERE n < 10;\n',
    'access/principals.yaml': `version: 1
kind: principals
roles: {analyst: {}}
users:
  anna: {roles: [analyst], password: "\${env:PASSWORD}"}
  open: {}
`,
  }
}

async function connect(user = 'anna', password = 'secret'): Promise<pg.Client> {
  const client = new pg.Client({
    ...{ host: '127.0.0.1', port: tributary.port, database: 'shop', user, password },
  })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

async function errorOf(client: pg.Client, sql: string): Promise<pg.DatabaseError> {
  const error: unknown = await client.query(sql).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error, sql).toBeInstanceOf(pg.DatabaseError)
  return error as pg.DatabaseError
}

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.execute(
    "CREATE TABLE numbers AS SELECT i AS n, 'label ' || i AS label FROM generate_series(1, 300000) i",
  )
  const catalog = writeCatalog('catalog', catalogFiles(postgres.port))
  tributary = await startTributary(catalog, { PASSWORD: 'secret' })
})
afterAll(async () => {
  await tributary.stop()
  await postgres.stop()
  rmSync(directory, { recursive: true, force: true })
})

describe('authentication', () => {
  test('a user with the right password gets in', async () => {
    const client = await connect()
    expect((await client.query('SELECT current_user AS who')).rows).toEqual([{ who: 'anna' }])
    await client.end()
  })

  test('a wrong password and an unknown user get the same answer', async () => {
    await expect(connect('anna', 'wrong')).rejects.toMatchObject({ code: '28P01' })
    await expect(connect('nobody', 'secret')).rejects.toMatchObject({ code: '28P01' })
  })
})

describe('statements that cannot be', () => {
  let client: pg.Client
  beforeAll(async () => {
    client = await connect()
  })
  afterAll(() => client.end())

  test('an unknown column: PostgreSQL’s own words and place', async () => {
    const error = await errorOf(client, 'SELECT lable FROM numbers')
    expect(error).toMatchObject({
      code: '42703',
      message: 'column "lable" does not exist',
      position: '8',
      hint: 'Perhaps you meant to reference the column "numbers.label".',
    })
  })

  test.each([
    ['SELECT * FROM nope', '42P01'],
    ['SELECT nope(n) FROM numbers', '42883'],
    ['SELECT label + 1 FROM numbers', '42883'],
    ['SELECT n FROM numbers WHERE label', '42804'],
  ])('%s fails with %s at its place', async (sql, code) => {
    const error = await errorOf(client, sql)
    expect(error.code).toBe(code)
    expect(Number(error.position)).toBeGreaterThan(0)
  })

  test.each([
    'INSERT INTO numbers VALUES (1)',
    'UPDATE numbers SET n = 1',
    'DELETE FROM numbers',
    'TRUNCATE numbers',
    'CREATE TABLE t (a int)',
    'DROP TABLE numbers',
    'ALTER TABLE numbers ADD COLUMN x int',
    'SELECT n INTO TEMPORARY t FROM numbers',
  ])('%s is refused with a hint', async (sql) => {
    const error = await errorOf(client, sql)
    expect(error.code).toBe('0A000')
    expect(error.hint).toBeTruthy()
  })

  test.each([
    ["SELECT pg_read_file('/etc/passwd')", '42501'],
    ["SELECT pg_read_file('/etc/passwd'), n FROM numbers LIMIT 1", '42501'],
    ["SELECT query_to_xml('select 1', true, true, ''), n FROM numbers LIMIT 1", '42501'],
  ])('%s is out of reach', async (sql, code) => {
    expect((await errorOf(client, sql)).code).toBe(code)
  })

  test('a source that is down is named, and the others go on', async () => {
    const error = await errorOf(client, 'SELECT * FROM down.numbers')
    expect(error.code).toBe('08001')
    expect(error.message).toContain('"down"')
    expect(error.hint).toBeTruthy()
    expect((await client.query('SELECT count(*)::int AS c FROM up.numbers')).rows).toEqual([
      { c: 300000 },
    ])
  })

  test('a table that is gone at its source is named', async () => {
    const error = await errorOf(client, 'SELECT * FROM up.ghost')
    expect(error.code).toMatch(/^HV/)
    expect(error.message).toContain('up')
  })

  test('beyond the memory limit a join goes to disk, one value fails, and the session goes on', async () => {
    await client.query("SET tributary.memory_limit = '2MB'")
    await client.query('SET tributary.pushdown = off')
    const join = 'SELECT count(*) FROM up.numbers a JOIN up.numbers b ON a.label = b.label'
    expect((await client.query(join)).rows).toEqual([{ count: '300000' }])
    const value = 'SELECT length(string_agg(label, $$,$$)) FROM up.numbers'
    expect((await errorOf(client, value)).code).toBe('53200')
    await client.query('RESET ALL')
    expect((await client.query(join)).rows).toEqual([{ count: '300000' }])
  })
})

test('views answer, and psql’s catalog statements see them', async () => {
  const client = await connect()
  expect((await client.query('SELECT count(*)::int AS c FROM v.small')).rows).toEqual([{ c: 9 }])
  const { rows } = await client.query(
    "SELECT relname, relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname IN ('up', 'v') ORDER BY 1",
  )
  expect(rows).toEqual([
    { relname: 'ghost', relkind: 'r' },
    { relname: 'numbers', relkind: 'r' },
    { relname: 'small', relkind: 'v' },
  ])
  await client.end()
})

test('a cancelled statement ends at its source too', async () => {
  const client = await connect()
  await client.query('SET tributary.pushdown = off')
  const sql = 'SELECT count(*) FROM up.numbers a JOIN up.numbers b ON a.n < b.n'
  const running = errorOf(client, sql)
  const observer = await postgres.connect()
  const active = async (): Promise<number> => {
    const { rows } = await observer.query<{ c: number }>(
      "SELECT count(*)::int AS c FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
    )
    return rows[0]?.c ?? 0
  }
  await new Promise((resolve) => setTimeout(resolve, 500))
  const canceller = connectSocket(tributary.port, '127.0.0.1')
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number }
  const message = Buffer.alloc(16)
  for (const [i, value] of [16, 80877102, processID, secretKey].entries())
    message.writeInt32BE(value, i * 4)
  canceller.end(message)
  expect((await running).code).toBe('57014')
  await expect.poll(active, { timeout: 5000 }).toBe(0)
  expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  await client.end()
  await observer.end()
})

test('malformed bytes end only their own connection', async () => {
  const client = await connect()
  const socket = connectSocket(tributary.port, '127.0.0.1')
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => undefined)
  socket.resume()
  socket.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
  await closed
  expect((await client.query('SELECT min(n) AS n FROM numbers')).rows).toEqual([{ n: 1 }])
  await client.end()
})

test('a heavy statement does not keep another session waiting for its end', async () => {
  const heavy = await connect()
  const light = await connect()
  await heavy.query('SET tributary.pushdown = off')
  let isDone = false
  const running = heavy
    .query('SELECT count(*) FROM up.numbers a JOIN up.numbers b ON a.label = b.label')
    .then(() => (isDone = true))
  expect((await light.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  expect(isDone).toBe(false)
  await running
  await heavy.end()
  await light.end()
})

test('a catalog with errors is not served; every error is printed with its place', async () => {
  const files = catalogFiles(1)
  const broken = writeCatalog('broken', {
    ...files,
    'catalog.yaml': `${files['catalog.yaml']}colour: red\n`,
    'sources/up.yaml': (files['sources/up.yaml'] as string).replace(
      'type: integer',
      'type: integr',
    ),
  })
  const failure = await startTributary(broken, { PASSWORD: 'x' }).then(
    async (server) => {
      await server.stop()
      return 'it started'
    },
    (error: unknown) => String(error),
  )
  expect(failure).toMatch(/catalog\.yaml:5:1 error E1002/)
  expect(failure).toMatch(/sources\/up\.yaml:9:31 error E3002/)
  expect(failure).toContain('ended with code 1')
})

test('a view that PostgreSQL refuses is reported at its own place', async () => {
  const files = catalogFiles(1)
  const sql = '\nSELECT n,\n  lable FROM up.numbers\n'
  const broken = writeCatalog('broken-view', { ...files, 'views/v/small.sql': sql })
  const failure = await startTributary(broken, { PASSWORD: 'x' }).then(
    () => 'it started',
    (error: unknown) => String(error),
  )
  expect(failure).toMatch(/views\/v\/small\.sql:3:3 error E2001 column "lable" does not exist/)
})
