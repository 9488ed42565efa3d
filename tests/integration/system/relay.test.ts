/** Large results through the whole server, also when the source's messages end exactly where its packets do. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type PostgresServer } from '../../servers/postgres.js'
import { startTributary, type TributaryProcess } from '../../world/tributary-process.js'

const directory = mkdtempSync(join(tmpdir(), 'tributary-relay-'))
let postgres: PostgresServer
let tributary: TributaryProcess

beforeAll(async () => {
  postgres = await startPostgres()
  // A row of 7 + 4 + 53 bytes is a message of 64: 8192-byte packets of the server hold whole messages.
  await postgres.execute(
    "CREATE TABLE even AS SELECT lpad(i::text, 53, '0') AS t FROM generate_series(1, 400000) i",
  )
  mkdirSync(join(directory, 'sources'))
  writeFileSync(
    join(directory, 'catalog.yaml'),
    'version: 1\nkind: catalog\nname: relay\nsearch_path: [pg]\n',
  )
  const { port } = postgres
  const connection = {
    host: '127.0.0.1',
    port,
    database: 'postgres',
    user: 'postgres',
    password: '${env:PASSWORD}',
  }
  const tables = [{ name: 'even', from: 'public.even', columns: [{ name: 't', type: 'text' }] }]
  const source = {
    version: 1,
    kind: 'source',
    name: 'pg',
    connector: 'postgres',
    connection,
    tables,
  }
  writeFileSync(join(directory, 'sources', 'pg.yaml'), JSON.stringify(source))
  tributary = await startTributary(directory, { PASSWORD: 'secret' })
})
afterAll(async () => {
  await tributary.stop()
  await postgres.stop()
  rmSync(directory, { recursive: true, force: true })
})

test.each(['on', 'off'])('400,000 rows arrive, each once (pushdown %s)', async (pushdown) => {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: tributary.port,
    user: 'x',
    database: 'relay',
  })
  await client.connect()
  await client.query(`SET tributary.pushdown = ${pushdown}`)
  const { rows } = await client.query<[string]>({ text: 'SELECT t FROM even', rowMode: 'array' })
  expect(rows.length).toBe(400_000)
  expect(new Set(rows.map(([t]) => Number(t))).size).toBe(400_000)
  await client.end()
})
