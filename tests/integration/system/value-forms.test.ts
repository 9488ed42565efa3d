/** Forms of values that depend on more than the value: a session's zone, vectors of the catalog, names of types. As a real server has them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPostgres, type PostgresServer } from '../../servers/postgres.js'
import { rawRows } from '../../world/raw-rows.js'
import { startTributary, type TributaryProcess } from '../../world/tributary-process.js'

const directory = mkdtempSync(join(tmpdir(), 'tributary-forms-'))
let postgres: PostgresServer
let source: pg.Client
let tributary: TributaryProcess
let client: pg.Client

const COLUMNS = {
  id: 'integer',
  born: 'timestamptz',
  seen: 'timestamptz',
  oids: 'oidvector',
  numbers: 'int2vector',
  kind: 'regtype',
}

beforeAll(async () => {
  postgres = await startPostgres()
  const columns = Object.entries(COLUMNS).map(([name, type]) => `${name} ${type}`)
  await postgres.execute(
    `CREATE TABLE form (${columns.join(', ')});
     INSERT INTO form VALUES
       (1, '2024-03-10 00:30-05', '2024-11-03 23:30-05', '23 25', '1 2 -3', 'integer'),
       (2, '2023-12-31 20:00-05', '2024-03-01 02:00-05', '', '', 'timestamp with time zone'),
       (3, '2024-10-27 00:30Z', '2024-03-31 01:30Z', '4294967295', '32767', 'text[]'),
       (4, NULL, now(), NULL, NULL, NULL)`,
  )
  mkdirSync(join(directory, 'sources'))
  writeFileSync(join(directory, 'catalog.yaml'), 'version: 1\nkind: catalog\nname: forms\nsearch_path: [db]\n') // prettier-ignore
  const { port } = postgres
  const file = {
    ...{ version: 1, kind: 'source', name: 'db', connector: 'postgres' },
    connection: { host: '127.0.0.1', port, database: 'postgres', user: 'postgres', password: '${env:PASSWORD}' }, // prettier-ignore
    tables: [
      { name: 'form', from: 'public.form', columns: Object.entries(COLUMNS).map(([name, type]) => ({ name, type })) }, // prettier-ignore
    ],
  }
  writeFileSync(join(directory, 'sources', 'db.yaml'), JSON.stringify(file))
  tributary = await startTributary(directory, { PASSWORD: 'secret' })
  client = new pg.Client({ host: '127.0.0.1', port: tributary.port, database: 'forms', user: 'x' })
  await client.connect()
  source = await postgres.connect()
}, 60_000)

afterAll(async () => {
  await client?.end()
  await source?.end()
  await tributary?.stop()
  await postgres?.stop()
  rmSync(directory, { recursive: true, force: true })
})

async function sameBytes(text: string): Promise<void> {
  for (const pushdown of ['on', 'off']) {
    await client.query(`SET tributary.pushdown = ${pushdown}`)
    for (const binary of [false, true]) {
      const expected = await rawRows(source, text, { binary })
      expect(await rawRows(client, text, { binary }), `${pushdown} ${binary}`).toEqual(expected)
    }
  }
}

test("what a source prints under the client's styles, beside a column that has none", async () => {
  for (const session of [client, source]) await session.query("SET bytea_output = 'escape'")
  await sameBytes(
    `WITH made AS MATERIALIZED (SELECT id, json_build_array('\\x00'::bytea, id)::jsonb AS j FROM form)
     SELECT id, j FROM made WHERE random() >= 0 ORDER BY id`,
  )
  for (const session of [client, source]) await session.query('RESET bytea_output')
})

describe("age of moments counts months and days in the session's zone", () => {
  test.each(['UTC', 'America/New_York', 'Europe/Berlin', 'Pacific/Kiritimati', 'Asia/Kathmandu'])(
    '%s',
    async (zone) => {
      for (const session of [client, source]) await session.query(`SET TimeZone = '${zone}'`)
      await sameBytes(
        'SELECT id, age(seen, born), age(born, seen) FROM form WHERE id < 4 ORDER BY id',
      )
      await sameBytes("SELECT id FROM form WHERE age(seen, born) > '2 mons' ORDER BY id")
      await sameBytes(
        "SELECT max(age(seen, born)), min(age(born, timestamptz '2020-02-29')) FROM form WHERE id < 4",
      )
    },
  )
})

describe('types of the catalog, in text and binary', () => {
  test.each([
    'SELECT oids FROM form ORDER BY id',
    'SELECT numbers FROM form ORDER BY id',
    'SELECT kind FROM form ORDER BY id',
    "SELECT id, 'bigint'::regtype FROM form ORDER BY id",
    "SELECT id, '1 2'::int2vector, '3 4'::oidvector FROM form ORDER BY id",
    'SELECT numbers[0], oids[0] FROM form ORDER BY id',
  ])('%s', sameBytes)
})
