/** What only the catalog's own PostgreSQL knows, in statements that read sources as well: it is asked there, never answered for another. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rawRows } from '../../world/raw-rows.js'
import { serveOneTable, type OneTableServer } from './one-table-server.js'

let server: OneTableServer

beforeAll(async () => {
  server = await serveOneTable('1,lake\n2,one\n3,x\n')
})
afterAll(() => server.close())

async function values(sql: string, parameters: unknown[] = []): Promise<unknown[][]> {
  const result = await server.client.query({ text: sql, values: parameters, rowMode: 'array' })
  return result.rows as unknown[][]
}

async function failure(sql: string): Promise<unknown> {
  return server.client.query(sql).catch((error: unknown) => error)
}

describe.each(['on', 'off'])('with pushdown %s', (pushdown) => {
  beforeAll(async () => {
    await server.client.query(`SET tributary.pushdown = ${pushdown}`)
  })

  test.each([
    'current_schemas(true)',
    'current_schema()',
    "current_setting('search_path')",
    "current_setting('server_version')",
    "current_setting('DateStyle')",
    "current_setting('no.such.thing', true)",
    'version()',
    "has_table_privilege('lake.one', 'select')",
    "has_schema_privilege(current_user, 'lake', 'usage')",
    "obj_description('lake.one'::regclass)",
    "col_description(to_regclass('lake.one'), 2)",
    "to_regclass('lake.one')::text",
    "to_regclass('lake.none')",
    'pg_get_userbyid(10)',
    "pg_table_is_visible('lake.one'::regclass)",
    "format_type('int4'::regtype, NULL)",
    'pg_encoding_to_char(6)',
    "'lake.one'::regclass",
    "'lake.one'::regclass::oid",
    "'lake'::regnamespace::text",
  ])('%s is the same beside rows of a source', async (call) => {
    await server.client.query("SET DateStyle = 'German, DMY'")
    const [alone] = await values(`SELECT ${call}`)
    expect(await values(`SELECT ${call} FROM lake.one WHERE id = 1`)).toEqual([alone])
    expect(await values(`SELECT ${call}, count(*) FROM lake.one`)).toEqual([[...alone!, '3']])
    await server.client.query('RESET DateStyle')
  })

  test('settings are what SHOW says, each of them', async () => {
    const changes = [
      ['statement_timeout', "'90s'"],
      ['idle_session_timeout', "'2h'"],
      ['tributary.max_rows_moved', '77'],
      ['search_path', 'lake, "Other"'],
      ['client_min_messages', 'warning'],
      ['default_transaction_isolation', "'repeatable read'"],
      ['my.own', "'mine'"],
    ]
    for (const [name, value] of changes) await server.client.query(`SET ${name} = ${value}`)
    const shown = (await server.client.query('SHOW ALL')).rows as {
      name: string
      setting: string
    }[]
    const settings = new Map(shown.map(({ name, setting }) => [name, setting]))
    expect(settings.get('statement_timeout')).toBe('90s')
    const names = [...settings.keys()].filter((name) => !/^(server_encoding|lc_|debug_)/.test(name))
    const list = names.map((name) => `'${name}'`)
    const said = await values(
      `SELECT ${list.map((name) => `current_setting(${name})`).join()}, 1 WHERE true`,
    )
    expect(Object.fromEntries(names.map((name, index) => [name, said[0]?.[index]]))).toEqual(
      Object.fromEntries(names.map((name) => [name, settings.get(name)])),
    )
    for (const [name] of changes) {
      expect(
        await values(
          `SELECT current_setting('${name}'), current_setting(upper('${name}'), true) FROM lake.one WHERE id = 1`,
        ),
      ).toEqual([[settings.get(name!), settings.get(name!)]])
      await server.client.query(`RESET ${name}`)
    }
    expect(await values("SELECT current_setting('statement_timeout') FROM lake.one LIMIT 1")).toEqual([['0']]) // prettier-ignore
  })

  test('settings of the engine are in pg_settings and SHOW ALL as SET knows them', async () => {
    await server.client.query("SET tributary.memory_limit = '256MB'")
    const rows = await values(
      `SELECT name, setting, unit, category, short_desc <> '' AS described, context, vartype, min_val, max_val, enumvals, boot_val, source
       FROM pg_settings WHERE name IN ('tributary.memory_limit', 'tributary.strict_pushdown') ORDER BY name`,
    )
    expect(rows).toEqual([
      ['tributary.memory_limit', '262144', 'kB', 'Tributary', true, 'user', 'integer', '1024', '2147483647', null, '524288', 'session'],
      ['tributary.strict_pushdown', 'off', null, 'Tributary', true, 'user', 'bool', null, null, null, 'off', 'default'],
    ]) // prettier-ignore
    const named = await values("SELECT name FROM pg_settings WHERE name LIKE 'tributary.%'")
    const shown = (await server.client.query('SHOW ALL')).rows as {
      name: string
      description: string
    }[]
    const own = shown.filter(({ name }) => name.startsWith('tributary.'))
    expect(named.length).toBeGreaterThan(5)
    expect(own.map(({ name }) => name)).toEqual(named.map(([name]) => name))
    expect(own.filter(({ description }) => description === '')).toEqual([])
    await server.client.query('RESET tributary.memory_limit')
  })

  test('a setting of the transaction, and one in base units', async () => {
    await server.client.query(
      "BEGIN; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SET LOCAL work_mem = '8MB'",
    )
    expect(
      await values(
        `SELECT current_setting('transaction_isolation'), current_setting('work_mem'),
         (SELECT setting FROM pg_settings WHERE name = 'work_mem') FROM lake.one WHERE id = 1`,
      ),
    ).toEqual([['serializable', '8MB', '8192']])
    await server.client.query('ROLLBACK')
    expect(
      await values(
        `SELECT current_setting('transaction_isolation'), current_setting('work_mem') FROM lake.one WHERE id = 1`,
      ),
    ).toEqual([['read committed', '4MB']])
  })

  test('the process is the one that BackendKeyData named', async () => {
    const { processID } = server.client as unknown as { processID: number }
    expect(await values('SELECT pg_backend_pid()')).toEqual([[processID]])
    expect(await values('SELECT pg_backend_pid(), id FROM lake.one WHERE id = 1')).toEqual([[processID, 1]]) // prettier-ignore
    expect(await values('SELECT DISTINCT pid FROM pg_stat_activity WHERE pid = pg_backend_pid()')).toEqual([[processID]]) // prettier-ignore
    expect(await values('SELECT pid FROM pg_stat_get_activity(pg_backend_pid()) AS a')).toEqual([[processID]]) // prettier-ignore
  })

  test('it is asked anew when the session changes', async () => {
    const sql = "SELECT current_setting('application_name'), id FROM lake.one WHERE id = 1"
    await server.client.query("SET application_name = 'first'")
    expect(await values(sql)).toEqual([['first', 1]])
    await server.client.query("SET application_name = 'second'")
    expect(await values(sql)).toEqual([['second', 1]])
  })

  test('in conditions, groups, order, CASE and sets', async () => {
    expect(
      await values(
        'SELECT label FROM lake.one WHERE label = ANY (current_schemas(true)) ORDER BY 1',
      ),
    ).toEqual([['lake']])
    expect(
      await values(
        "SELECT current_setting('search_path') AS p, count(*) FROM lake.one GROUP BY 1 ORDER BY p",
      ),
    ).toEqual([['lake', '3']])
    expect(
      await values(
        "SELECT CASE WHEN id = 2 THEN current_setting('search_path') ELSE label END FROM lake.one ORDER BY id",
      ),
    ).toEqual([['lake'], ['lake'], ['x']])
    expect(
      await values(
        'SELECT id, s FROM lake.one, unnest(current_schemas(false)) AS s WHERE s = label',
      ),
    ).toEqual([[1, 'lake']])
    expect(
      await values('SELECT id, s FROM lake.one, current_schemas(false) AS s WHERE id = 2'),
    ).toEqual([[2, '{lake}']])
  })

  test('about a parameter', async () => {
    const sql = 'SELECT to_regclass($1)::text, count(*) FROM lake.one'
    expect(await values(sql, ['lake.one'])).toEqual([['one', '3']])
    expect(await values(sql, ['lake.two'])).toEqual([[null, '3']])
  })

  test('tables and views of the catalog beside tables of sources', async () => {
    expect(
      await values(
        `SELECT c.relname, has_table_privilege(c.oid, 'select'), (SELECT count(*) FROM lake.one)
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE nspname = 'lake'`,
      ),
    ).toEqual([['one', true, '3']])
    expect(
      await values(
        `SELECT o.id, t.table_schema, t.table_type FROM lake.one o
         JOIN information_schema.tables t ON t.table_name = o.label ORDER BY o.id`,
      ),
    ).toEqual([[2, 'lake', 'BASE TABLE']])
    expect(
      await values(
        `SELECT column_name, data_type, ordinal_position FROM information_schema.columns
         WHERE table_name = 'one' AND EXISTS (SELECT FROM lake.one WHERE label = table_schema) ORDER BY 3`,
      ),
    ).toEqual([
      ['id', 'integer', 1],
      ['label', 'text', 2],
    ])
    expect(
      await values(
        `SELECT attrelid::regclass, attnum FROM pg_attribute, lake.one
         WHERE attname = 'label' AND id = 1 AND attrelid > 16000`,
      ),
    ).toEqual([['one', 2]])
    // The source is not needed at all.
    expect(
      await values(
        `SELECT nspname FROM pg_namespace n LEFT JOIN (SELECT DISTINCT label FROM lake.one) o ON o.label = n.nspname
         WHERE nspname = 'lake'`,
      ),
    ).toEqual([['lake']])
  })

  test('with a parameter, and for each row of a source', async () => {
    const sql = `SELECT c.relname, o.id FROM pg_class c, lake.one o WHERE c.relname = $1 AND o.id = 1`
    expect(await values(sql, ['one'])).toEqual([['one', 1]])
    expect(
      await values(
        `SELECT o.label, k.n FROM lake.one o, LATERAL
           (SELECT count(*) AS n FROM pg_class c WHERE c.relname = o.label AND c.relkind = 'r') k ORDER BY o.id`,
      ),
    ).toEqual([
      ['lake', '0'],
      ['one', '1'],
      ['x', '0'],
    ])
  })

  test('what cannot be asked is refused, not answered for another catalog', async () => {
    expect(
      await failure("SELECT has_schema_privilege(label, 'usage') FROM lake.one"),
    ).toMatchObject({
      code: '0A000',
      message: 'function has_schema_privilege cannot be asked about values that come from sources',
      hint: expect.stringContaining('constants') as string,
    })
    expect(
      await failure(
        "SELECT xmlelement(name a, label), current_setting('search_path') FROM lake.one",
      ),
    ).toMatchObject({
      code: '0A000',
      message: expect.stringContaining('current_setting') as string,
    })
    expect(
      await failure('SELECT xmlelement(name a, label), relname FROM lake.one, pg_class'),
    ).toMatchObject({ code: '0A000', message: expect.stringContaining('catalog') as string })
    expect(
      await failure("SELECT current_setting('no.such.thing'), id FROM lake.one"),
    ).toMatchObject({ code: '42704' })
  })
})

// Alone, PostgreSQL itself answers.
test.each([
  ["'lake.one'::regclass", undefined],
  ["ARRAY['lake.one'::regclass, NULL, 'pg_class'::regclass]", undefined],
  ["'lake.one'::regtype", undefined],
  ["'int4'::regtype, 'lake'::regnamespace, 'x'::regrole, 'abs(int4)'::regprocedure", undefined],
  ["to_regclass('lake.one'), to_regclass('lake.none'), to_regtype('interval')", undefined],
  ["(SELECT oid::regclass FROM pg_class WHERE relname = 'one')", undefined],
  [
    "ROW(id, label, NULL, 1.5, date '2024-02-29')",
    "ROW(1, 'lake'::text, NULL, 1.5, date '2024-02-29')",
  ],
  ['ARRAY[(id, label)]', "ARRAY[(1, 'lake'::text)]"],
  ['one', "(1, 'lake'::text)"],
  ['id, ROW(one, ROW(id))', "1, ROW((1, 'lake'::text), ROW(1))"],
])('%s in binary beside a source is what PostgreSQL sends', async (call, alone = call) => {
  const binary = { binary: true }
  const expected = await rawRows(server.client, `SELECT ${alone}`, binary)
  const rows = await rawRows(server.client, `SELECT ${call} FROM lake.one WHERE id = 1`, binary)
  // A table's row within a row says its own type.
  const plain = (hex: string | null) =>
    hex?.replace(/^(000000020000)....(0000001c00000002)/, '$1$2')
  expect(rows.map((row) => row.map(plain))).toEqual(expected.map((row) => row.map(plain)))
})

test('EXPLAIN shows what the catalog is asked', async () => {
  const lines = await values("EXPLAIN SELECT id FROM lake.one WHERE label = current_setting('x.y')")
  expect(lines.flat().join('\n')).toContain('Remote Query: pg_catalog')
})

test('EXPLAIN draws what the catalog answers alone', async () => {
  const lines = await values('EXPLAIN (FORMAT MERMAID) SELECT 1')
  expect(lines.flat()).toEqual(['flowchart BT', '  n1["Catalog Query"]'])
})

test.each(['TIMING OFF', 'SUMMARY OFF', 'TIMING OFF, SUMMARY OFF'])(
  'EXPLAIN (ANALYZE, %s) prints those times only that are left',
  async (options) => {
    for (const format of ['text', 'json', 'mermaid']) {
      const lines = await values(
        `EXPLAIN (ANALYZE, ${options}, FORMAT ${format}) SELECT label, count(*) FROM lake.one GROUP BY 1`,
      )
      const text = lines
        .flat()
        .map((line) => (typeof line === 'string' ? line : JSON.stringify(line, null, 1)))
        .join('\n')
      const timed = /time=|Actual Milliseconds|\d ms"\]/.test(text)
      const summed = /(Total: |Planning Time: )[\d.]+ ms|^ +"Milliseconds"|"Planning Time"/m.test(text) // prettier-ignore
      expect(text).toMatch(/actual rows=|Actual Rows|rows \d/)
      expect(timed).toBe(!options.includes('TIMING'))
      if (format !== 'mermaid') expect(summed).toBe(!options.includes('SUMMARY'))
    }
  },
)
