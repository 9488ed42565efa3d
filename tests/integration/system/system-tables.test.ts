/** Schema `tributary`: what the server tells of its sources and statements, and to whom; limits on what moves. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTributary, type TributaryProcess } from '../../world/tributary-process.js'

const directory = mkdtempSync(join(tmpdir(), 'tributary-system-'))
let tributary: TributaryProcess
const clients: pg.Client[] = []

const FILES: Readonly<Record<string, string>> = {
  'catalog.yaml': 'version: 1\nkind: catalog\nname: facts\nsearch_path: [lake]\n',
  'sources/lake.yaml': `version: 1
kind: source
name: lake
connector: files
description: Numbers
connection: {root: ${directory}}
tables:
  - name: numbers
    from: numbers.csv
    format: {type: csv, header: true}
    columns: [{name: n, type: integer}, {name: label, type: text}]
`,
  'sources/guarded.yaml': `version: 1
kind: source
name: guarded
connector: files
connection: {root: ${directory}}
limits: {max_rows: 100}
tables:
  - name: numbers
    from: numbers.csv
    format: {type: csv, header: true}
    columns: [{name: n, type: integer}, {name: label, type: text}]
`,
  'sources/down.yaml': `version: 1
kind: source
name: down
connector: postgres
connection: {host: 127.0.0.1, port: 1, database: x, user: x, password: "\${env:PASSWORD}"}
tables:
  - name: ghosts
    from: public.ghosts
    columns: [{name: n, type: integer}]
`,
  'access/principals.yaml': `version: 1
kind: principals
roles: {auditor: {can: [view_audit]}, analyst: {}}
users:
  anna: {roles: [analyst]}
  bert: {roles: [analyst]}
  vera: {roles: [auditor]}
`,
  'numbers.csv': `n,label\n${Array.from({ length: 5000 }, (_, i) => `${i},label ${i}\n`).join('')}`,
}

async function connect(user: string): Promise<pg.Client> {
  const client = new pg.Client({
    ...{ host: '127.0.0.1', port: tributary.port, database: 'facts', user },
  })
  client.on('error', () => undefined)
  await client.connect()
  clients.push(client)
  return client
}

async function codeOf(client: pg.Client, sql: string): Promise<string | undefined> {
  return client.query(sql).then(
    () => undefined,
    (error: unknown) => (error as pg.DatabaseError).code,
  )
}

beforeAll(async () => {
  for (const folder of ['sources', 'access']) mkdirSync(join(directory, folder))
  for (const [path, text] of Object.entries(FILES)) writeFileSync(join(directory, path), text)
  tributary = await startTributary(directory, { PASSWORD: 'secret' })
})
afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()))
  await tributary.stop()
  rmSync(directory, { recursive: true, force: true })
})

test('sources and their health', async () => {
  const anna = await connect('anna')
  const { rows } = await anna.query('SELECT name, connector, description, tables FROM tributary.sources ORDER BY name') // prettier-ignore
  expect(rows).toEqual([
    { name: 'down', connector: 'postgres', description: null, tables: 1 },
    { name: 'guarded', connector: 'files', description: null, tables: 1 },
    { name: 'lake', connector: 'files', description: 'Numbers', tables: 1 },
  ])
  await anna.query('SELECT label FROM numbers WHERE n < 10')
  expect(await codeOf(anna, 'SELECT n FROM down.ghosts')).toBe('08001')
  const health = await anna.query(
    `SELECT source, state, statements, failures, rows, last_success > now() - interval '1 minute' AS fresh,
       last_error IS NOT NULL AS failed FROM tributary.source_health WHERE source <> 'guarded' ORDER BY source`,
  )
  expect(health.rows).toEqual([
    ...[{ source: 'down', state: 'failing', statements: '1', failures: '1', rows: '0', fresh: null, failed: true }], // prettier-ignore
    ...[{ source: 'lake', state: 'good', statements: '1', failures: '0', rows: '10', fresh: true, failed: false }], // prettier-ignore
  ])
})

test('the history is of one’s own statements, and of all for who may view the audit', async () => {
  const [bert, vera] = [await connect('bert'), await connect('vera')]
  await bert.query('SELECT count(*) FROM numbers')
  const own = await bert.query('SELECT * FROM tributary.query_history')
  expect(own.rows).toMatchObject([
    {
      ...{ user_name: 'bert', rows: '1', rows_moved: '1', rows_sent: '0', bytes_sent: '0' },
      ...{ remote_calls: '1', error_code: null },
      ...{ sources: ['lake'], statement: 'SELECT count(*) FROM numbers' },
    },
  ])
  const all = await vera.query(
    `SELECT DISTINCT user_name FROM tributary.query_history ORDER BY user_name`,
  )
  expect(all.rows.map((row: { user_name: string }) => row.user_name)).toEqual(['anna', 'bert'])
  // Together with a table of a source, and with what only the local PostgreSQL does.
  const joined = await vera.query(
    `SELECT h.statement, n.label, h.sources[1] FROM tributary.query_history h JOIN numbers n ON n.n = h.rows WHERE h.user_name = 'bert'`,
  )
  expect(joined.rows).toEqual([
    { statement: 'SELECT count(*) FROM numbers', label: 'label 1', sources: 'lake' },
  ])
})

test('the ledger says what ran where, and strict mode refuses', async () => {
  const anna = await connect('anna')
  const sql = `SELECT label FROM numbers WHERE n < 7 AND md5(label) > 'f'`
  await anna.query(sql)
  const { rows } = await anna.query(
    `SELECT p.work, p.detail, p.source, p.outcome, p.reason IS NOT NULL AS has_reason FROM tributary.pushdown p
     JOIN tributary.query_history h USING (query_id) WHERE h.statement = $1 ORDER BY p.position`,
    [sql],
  )
  expect(rows).toMatchObject([
    { work: 'filter', detail: 'n < 7', source: 'lake', outcome: 'exact', has_reason: false },
    { work: 'filter', source: 'lake', outcome: 'here', has_reason: true },
  ])
  await anna.query('SET tributary.strict_pushdown = on')
  expect(await codeOf(anna, sql)).toBe('53400')
  expect(await codeOf(anna, `EXPLAIN ANALYZE ${sql}`)).toBe('53400')
  const { rows: plan } = await anna.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`)
  expect(plan[0]?.['QUERY PLAN']).toMatch(/^Refused: The filter md5\(label\) > 'f' is not pushed/)
  expect((await anna.query('SELECT label FROM numbers WHERE n < 7')).rowCount).toBe(7)
  await anna.query('SET tributary.strict_pushdown = off')
  expect(await codeOf(anna, sql)).toBeUndefined()
  const explained = await anna.query<{ 'QUERY PLAN': [{ Pushdown: object[] }] }>(
    `EXPLAIN (FORMAT JSON) ${sql}`,
  )
  expect(explained.rows[0]?.['QUERY PLAN'][0].Pushdown).toMatchObject([
    { Work: 'filter', Detail: 'n < 7', Source: 'lake', Outcome: 'exact' },
    { Work: 'filter', Source: 'lake', Outcome: 'here' },
  ])
})

test('a statement that moves too much is stopped', async () => {
  const anna = await connect('anna')
  await anna.query('SET tributary.max_rows_moved = 100')
  expect((await anna.query('SELECT label FROM numbers WHERE n < 100')).rowCount).toBe(100)
  expect(await codeOf(anna, 'SELECT label FROM numbers WHERE n < 101')).toBe('53400')
  expect((await anna.query('SELECT count(*) FROM numbers')).rows).toEqual([{ count: '5000' }])
  await anna.query('RESET tributary.max_rows_moved')
  expect((await anna.query('SELECT label FROM numbers WHERE n < 101')).rowCount).toBe(101)
})

test('a source with a limit of rows gives no statement more', async () => {
  const anna = await connect('anna')
  const refusal = {
    code: '53400',
    message: 'The statement moved more than 100 rows from source "guarded"',
    hint: expect.stringContaining('raise limits.max_rows of source "guarded"') as string,
  }
  const rows = (sql: string) => anna.query(sql).then(({ rowCount }) => rowCount)
  expect(await rows('SELECT label FROM guarded.numbers WHERE n < 100')).toBe(100)
  await expect(rows('SELECT label FROM guarded.numbers WHERE n < 101')).rejects.toMatchObject(
    refusal,
  )
  // All of a statement's reads count together, also where another source's connection reads the table.
  const half = 'SELECT label FROM guarded.numbers WHERE n < 51'
  await expect(rows(`${half} UNION ALL SELECT md5(label) FROM guarded.numbers WHERE n < 51`)).rejects.toMatchObject(refusal) // prettier-ignore
  await expect(
    rows('SELECT g.label FROM numbers l JOIN guarded.numbers g USING (n) WHERE n < 101'),
  ).rejects.toMatchObject(refusal)
  expect(await rows('SELECT label FROM numbers WHERE n < 101')).toBe(101)
  expect((await anna.query('SELECT count(*) FROM guarded.numbers')).rows).toEqual([{ count: '5000' }]) // prettier-ignore
  expect(await rows(half)).toBe(51)
})
