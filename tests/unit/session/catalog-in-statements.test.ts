/** What only the catalog's own PostgreSQL knows, in statements that read sources as well: it is asked there, never answered for another. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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

test('EXPLAIN shows what the catalog is asked', async () => {
  const lines = await values("EXPLAIN SELECT id FROM lake.one WHERE label = current_setting('x.y')")
  expect(lines.flat().join('\n')).toContain('Remote Query: pg_catalog')
})
