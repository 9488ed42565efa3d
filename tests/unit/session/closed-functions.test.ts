/** What a statement must not reach: files, other servers, identity, SQL text in strings. Through a whole server. */
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serveOneTable, type OneTableServer } from './one-table-server.js'

let server: OneTableServer
let client: pg.Client

beforeAll(async () => {
  server = await serveOneTable('1,role\n')
  client = server.client
}, 30_000)

afterAll(() => server?.close())

/** The call alone, with a table beside it, over the table's rows, and as a table where it can be one. */
const frames = [
  (call: string) => `SELECT ${call}`,
  (call: string) => `SELECT ${call}, id FROM one`,
  (call: string) => `SELECT id FROM one WHERE EXISTS (SELECT ${call} LIMIT id)`,
  (call: string) => `SELECT * FROM ${call} AS f, one`,
  // Nothing that has an algebra here: the local PostgreSQL would run it.
  (call: string) => `SELECT xmlelement(name a, (${call})::text), id FROM one`,
]

const refusedWith = (code: string, calls: readonly string[]): void => {
  describe.each(calls)('%s', (call) => {
    test.each(frames.map((frame) => frame(call)))('%s', async (sql) => {
      const error: unknown = await client.query(sql).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code, hint: expect.any(String) as string })
    })
  })
}

describe('functions that exist and are closed', () => {
  refusedWith('42501', [
    "pg_read_file('/etc/passwd')",
    "pg_read_binary_file('/etc/passwd')",
    "pg_stat_file('/etc/passwd')",
    "pg_ls_dir('/')",
    'pg_ls_waldir()',
    "lo_import('/etc/passwd')",
    "lo_export(1, '/tmp/x')",
    'lo_get(1)',
    'loread(1, 1)',
    "set_config('ro' || 'le', 'x', false)",
    'pg_terminate_backend(1)',
    'pg_reload_conf()',
    "query_to_xml('SELECT 1', true, false, '')",
    "ts_stat('SELECT 1')",
  ])
})

describe('functions of extensions that cannot be here', () => {
  refusedWith('0A000', [
    "dblink('host=x', 'SELECT 1')",
    "public.dblink('host=x', 'SELECT 1')",
    "dblink_connect('host=x')",
    "dblink_exec('x', 'DROP TABLE y')",
    "pg_file_write('a', 'b', true)",
    "postgres_fdw_disconnect('x')",
    "crosstab('SELECT 1, 2, 3')",
  ])

  test('the place and the reason are told', async () => {
    await expect(client.query("SELECT 1, dblink('host=x', 'SELECT 1')")).rejects.toMatchObject({
      message: 'function dblink is not supported',
      hint: expect.stringContaining('reads the sources of its catalog') as string,
      position: '11',
    })
  })

  test('a function that nobody knows is still that', async () => {
    await expect(client.query('SELECT dblinker(1)')).rejects.toMatchObject({ code: '42883' })
  })
})

describe('identity', () => {
  const calls = [
    ...["set_config('role', 'nobody', false)", "set_config('ROLE', 'none', true)"],
    ...["set_config('session_authorization', 'nobody', false)"],
    ...["pg_catalog.set_config('role', 'x', false), set_config('search_path', 'x', false)"],
    ...["set_config('role', label, false) FROM one"],
  ]
  test.each(calls)('SELECT %s', async (call) => {
    await expect(client.query(`SELECT ${call}`)).rejects.toMatchObject({
      code: '42501',
      hint: expect.any(String) as string,
    })
  })

  test('by a parameter', async () => {
    const statement = { text: 'SELECT set_config($1, $2, false)', values: ['role', 'x'] }
    await expect(client.query(statement)).rejects.toMatchObject({
      code: '42501',
      message: 'permission denied to set parameter "role" with set_config',
    })
  })

  test("SET ROLE to nobody known is PostgreSQL's 22023", async () => {
    await expect(client.query('SET ROLE nobody')).rejects.toMatchObject({ code: '22023' })
  })
})

describe('statements that write, load or run programs', () => {
  test.each([
    ...["COPY one TO PROGRAM 'cat'", "COPY one FROM PROGRAM 'cat'", "COPY one TO '/tmp/x'"],
    ...["COPY (SELECT 1) TO PROGRAM 'cat'", "COPY one FROM '/etc/passwd'", "LOAD 'x'"],
    ...['DO $$ BEGIN END $$', 'CREATE EXTENSION dblink', 'ALTER SYSTEM SET work_mem = 1'],
    ...["CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", 'CALL f()'],
    ...['CREATE SERVER s FOREIGN DATA WRAPPER w', 'IMPORT FOREIGN SCHEMA a FROM SERVER s INTO b'],
  ])('%s', async (sql) => {
    await expect(client.query(sql)).rejects.toMatchObject({
      code: '0A000',
      hint: expect.any(String) as string,
    })
  })
})
