/** Enum types of a PostgreSQL source, from discovery to the bytes a client gets. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPostgres, type PostgresServer } from '../../servers/postgres.js'
import { answerOf } from '../../world/compare.js'
import { rawRows } from '../../world/raw-rows.js'
import {
  discoverSource,
  startTributary,
  type TributaryProcess,
} from '../../world/tributary-process.js'

const directory = mkdtempSync(join(tmpdir(), 'tributary-enums-'))
const ENVIRONMENT = { PASSWORD: 'secret' }
let postgres: PostgresServer
let source: pg.Client
let tributary: TributaryProcess
let client: pg.Client

const SCHEMA = `
  CREATE SCHEMA app; CREATE SCHEMA old;
  CREATE TYPE app.mood AS ENUM ('sad', 'ok', 'happy');
  CREATE TYPE old.mood AS ENUM ('happy', 'sad');
  CREATE TYPE app."Size of Shoe" AS ENUM ('40', '39', 'it''s "big"');
  CREATE TYPE old.person AS ENUM ('x', 'y');
  CREATE DOMAIN app.cheer AS app.mood CHECK (VALUE > 'sad');
  CREATE TABLE app.person (id int PRIMARY KEY, mood app.mood NOT NULL, before old.mood, size app."Size of Shoe",
    cheer app.cheer, moods app.mood[], kind old.person);
  INSERT INTO app.person VALUES
    (1, 'happy', 'sad', '40', 'ok', '{sad,NULL,happy}', 'x'),
    (2, 'sad', 'happy', 'it''s "big"', 'happy', '{}', 'y'),
    (3, 'ok', NULL, NULL, NULL, NULL, NULL)`

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.execute(SCHEMA)
  mkdirSync(join(directory, 'sources'))
  writeFileSync(join(directory, 'catalog.yaml'), 'version: 1\nkind: catalog\nname: shop\nsearch_path: [crm]\n') // prettier-ignore
  const connection = `{host: 127.0.0.1, port: ${postgres.port}, database: postgres, user: postgres, password: "\${env:PASSWORD}"}`
  writeFileSync(
    join(directory, 'sources', 'crm.yaml'),
    `version: 1\nkind: source\nname: crm\nconnector: postgres\nconnection: ${connection}\n`,
  )
  await discoverSource(directory, 'crm', ENVIRONMENT)
  tributary = await startTributary(directory, ENVIRONMENT)
  client = new pg.Client({ host: '127.0.0.1', port: tributary.port, database: 'shop', user: 'x' })
  await client.connect()
  source = await postgres.connect()
  await source.query('SET search_path = app, old')
}, 60_000)

afterAll(async () => {
  await client?.end()
  await source?.end()
  await tributary?.stop()
  await postgres?.stop()
  rmSync(directory, { recursive: true, force: true })
})

const lockText = (): string => readFileSync(join(directory, 'sources', 'crm.lock.yaml'), 'utf8')

test('discovery records types with their labels, and columns by the types they have', async () => {
  const lock = lockText()
  expect(lock.slice(lock.indexOf('types:'), lock.indexOf('tables:'))).toBe(
    [
      'types:',
      '  app.Size of Shoe: ["40", "39", it\'s "big"]',
      '  app.mood: [sad, ok, happy]',
      '  old.mood: [happy, sad]',
      '  old.person: [x, y]',
      '',
    ].join('\n'),
  )
  expect(lock).toContain('mood: {type: app.mood, not_null: true')
  expect(lock).toContain('cheer: {type: app.mood, native: app.cheer')
  expect(lock).toContain('moods: {type: "app.mood[]"')
  const before = lock.replace(/discovered_at:.*/, '')
  await discoverSource(directory, 'crm', ENVIRONMENT)
  expect(lockText().replace(/discovered_at:.*/, '')).toBe(before)
})

test('types and tables that would share a name are told apart by the remote schema', async () => {
  const { rows } = await client.query<{ name: string }>(
    `SELECT typname AS name FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
     WHERE nspname = 'crm' AND typtype = 'e' ORDER BY 1`,
  )
  expect(rows.map(({ name }) => name)).toEqual([
    ...['Size of Shoe', 'mood', 'old_mood', 'old_person'],
  ])
})

describe('the same bytes as the server, in text and binary', () => {
  const STATEMENTS = [
    'SELECT id, mood, before, size, cheer, kind FROM person ORDER BY id',
    'SELECT mood, count(*) FROM person GROUP BY mood ORDER BY mood DESC',
    'SELECT min(mood), max(mood) FROM person WHERE cheer IS NOT NULL',
    "SELECT mood FROM person WHERE mood > 'sad' ORDER BY 1",
    "SELECT size::text, mood::text || '!' FROM person ORDER BY size",
    "SELECT moods::text, moods IS NULL FROM person WHERE moods = '{}' OR moods IS NULL ORDER BY id",
    "SELECT 'ok'::mood, NULL::mood",
    'SELECT id FROM person WHERE mood = cheer::mood',
  ]
  test.each(STATEMENTS)('%s', async (text) => {
    for (const pushdown of ['on', 'off']) {
      await client.query(`SET tributary.pushdown = ${pushdown}`)
      for (const binary of [false, true]) {
        const expected = await rawRows(source, text, { binary })
        expect(await rawRows(client, text, { binary }), `${pushdown} ${binary}`).toEqual(expected)
      }
    }
  })

  test('an array says the number of its element type as pg_type has it', async () => {
    const text = 'SELECT moods FROM person WHERE id = 1'
    const read = async (session: pg.Client): Promise<string[]> => {
      const [[hex]] = (await rawRows(session, text, { binary: true })) as [[string]]
      const { rows } = await session.query<{ typname: string }>(
        'SELECT typname FROM pg_type WHERE oid = $1',
        [parseInt(hex.slice(16, 24), 16)],
      )
      return [hex.slice(0, 16), rows[0]?.typname ?? 'no such type', hex.slice(24)]
    }
    const expected = await read(source)
    expect(expected[1]).toBe('mood')
    for (const pushdown of ['on', 'off']) {
      await client.query(`SET tributary.pushdown = ${pushdown}`)
      expect(await read(client)).toEqual(expected)
    }
  })
})

test.each(["'mood'::regtype", "ARRAY['mood'::regtype]", 'pg_typeof(mood)', 'pg_typeof(moods)'])(
  '%s in binary is the number that pg_type has',
  async (type) => {
    const text = `SELECT ${type} FROM person WHERE id = 1`
    const read = async (session: pg.Client): Promise<string[]> => {
      const [[hex]] = (await rawRows(session, text, { binary: true })) as [[string]]
      const { rows } = await session.query<{ typname: string }>(
        'SELECT typname FROM pg_type WHERE oid = $1',
        [parseInt(hex.slice(-8), 16)],
      )
      return [hex.slice(0, -8), rows[0]?.typname ?? 'no such type']
    }
    const expected = await read(source)
    for (const pushdown of ['on', 'off']) {
      await client.query(`SET tributary.pushdown = ${pushdown}`)
      expect(await read(client)).toEqual(expected)
    }
  },
)

test('parameters are of the enum type; a label that is none is 22P02', async () => {
  await client.query('SET tributary.pushdown = on')
  const ask = (value: string): Promise<pg.QueryResult> =>
    client.query({ text: 'SELECT id FROM person WHERE mood >= $1 ORDER BY id', values: [value] })
  expect((await ask('ok')).rows).toEqual([{ id: 1 }, { id: 3 }])
  await expect(ask('angry')).rejects.toMatchObject({
    code: '22P02',
    message: 'invalid input value for enum mood: "angry"',
  })
  const list = await client.query({
    text: 'SELECT id FROM person WHERE mood = ANY ($1) ORDER BY id',
    values: [['ok', 'sad']],
  })
  expect(list.rows).toEqual([{ id: 2 }, { id: 3 }])
})

test('types of one name are two types', async () => {
  const sql = 'SELECT id FROM person WHERE mood = before'
  const expected = await answerOf(source, sql)
  expect(expected.error?.code).toBe('42883')
  expect((await answerOf(client, sql)).error?.code).toBe('42883')
})

test('comparisons, order and groups run at the source, by its labels', async () => {
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(
    "EXPLAIN SELECT mood, count(*) FROM person WHERE mood > 'sad' AND size = '40' GROUP BY mood ORDER BY mood",
  )
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
  expect(plan).toContain('"app"."mood"')
  expect(plan).toMatch(/^Remote Query: crm/)
})

test('a label that the catalog does not know is named, with what to do', async () => {
  await source.query("ALTER TYPE app.mood ADD VALUE 'glad' BEFORE 'happy'")
  await source.query("INSERT INTO person (id, mood) VALUES (9, 'glad')")
  await client.query('SET tributary.pushdown = off')
  await expect(client.query('SELECT mood FROM person WHERE id = 9')).rejects.toMatchObject({
    code: 'HV004',
    message:
      'Column "mood" of table app.person of source "crm" has changed its type: it is an enum of sad, ok, glad, happy now, and was an enum of sad, ok, happy when it was discovered',
    detail: 'Enum type crm.mood has no label "glad" in the catalog, its source has',
    hint: 'Run tributary discover crm --write and look through the diff, or mend the column in the source file',
  })
  await client.query('SET tributary.pushdown = on')
})
