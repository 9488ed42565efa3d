/** Errors, sessions, routing and catalog statements of the analyzer. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Analyzer } from '../../../src/analyzer/analyzer.js'
import { splitMessages, textRow } from '../../../src/analyzer/postgres/backend-messages.js'
import { toEngineError } from '../../../src/errors.js'
import type { EngineError } from '../../../src/errors.js'
import type { CompileOptions } from '../../../src/session/compiler/compiled-statement.js'
import { OPTIONS, SAMPLE_CATALOG } from './sample-catalog.js'

let analyzer: Analyzer

beforeAll(async () => {
  analyzer = await Analyzer.start(SAMPLE_CATALOG)
}, 60_000)

afterAll(async () => {
  await analyzer.close()
})

function errorOf(run: () => unknown): EngineError {
  try {
    run()
  } catch (error) {
    return toEngineError(error)
  }
  throw new Error('No error was thrown')
}

function analysisError(sql: string, options: CompileOptions = OPTIONS): EngineError {
  return errorOf(() => analyzer.analyze(sql, [], options))
}

function rows(sql: string, options: CompileOptions = OPTIONS): (string | null)[][] {
  const { frames } = analyzer.runCatalog(sql, [], [], [], [0], options)
  return splitMessages(frames).map((message) => textRow(message.body))
}

describe('errors are PostgreSQL’s own', () => {
  test.each([
    ['select nme from customers', '42703', 'column "nme" does not exist', 8],
    ['select 1 from nowhere', '42P01', 'relation "nowhere" does not exist', 15],
    ['select id + name from customers', '42883', 'operator does not exist: bigint + text', 11],
    ['select nofun(1) from customers', '42883', 'function nofun(integer) does not exist', 8],
    ["select 'ü', x from customers", '42703', 'column "x" does not exist', 13],
    ['select * from', '42601', 'syntax error at end of input', 14],
    ["select 'x'::date from customers", '22007', 'invalid input syntax for type date: "x"', 8],
    [
      'select name from customers group by id, active union select 1',
      '42804',
      'UNION types text and integer cannot be matched',
      61,
    ],
  ])('%s', (sql, code, message, position) => {
    const {
      code: actualCode,
      message: actualMessage,
      position: actualPosition,
    } = analysisError(sql)
    expect([actualCode, actualMessage, actualPosition]).toEqual([code, message, position])
  })

  test('with hints', () => {
    expect(analysisError('select c.nam from customers c').hint).toBe(
      'Perhaps you meant to reference the column "c.name".',
    )
    expect(analysisError('select customers.id from customers c').hint).toBe(
      'Perhaps you meant to reference the table alias "c".',
    )
  })

  test('writes are refused', () => {
    for (const sql of [
      'insert into customers(id) values (1)',
      'update customers set id = 1',
      'delete from customers',
      'create table x (a int)',
      'with x as (delete from customers returning id) select * from x',
      'select * into y from customers',
    ]) {
      expect(analysisError(sql).code).toBe('0A000')
    }
    expect(analysisError('select id from customers for update').code).toBe('25006')
  })

  test('system columns of virtual tables do not exist here', () => {
    expect(analysisError('select ctid from customers').code).toBe('0A000')
  })

  test('a statement nested too deeply', async () => {
    const sql = `select ${'1+'.repeat(30_000)}1 from customers`
    expect(analysisError(sql).code).toBe('54001')
    await analyzer.ready()
    expect(analyzer.analyze('select id from customers', [], OPTIONS).kind).toBe('plan')
  })

  test('a zero byte', () => {
    expect(analysisError('select 1\0 from customers').code).toBe('22021')
  })
})

describe('what users may not call', () => {
  test.each([
    "select set_config('role', 'tributary_owner', false)",
    "select query_to_xml('select 1', true, true, '')",
    "select * from pg_ls_dir('.')",
    "select pg_read_file('PG_VERSION')",
    'select lo_create(0)',
    "select ts_stat('select 1')",
  ])('%s', (sql) => {
    const { kind } = analyzer.analyze(sql, [], OPTIONS)
    expect(kind).toBe('catalog')
    expect(errorOf(() => rows(sql)).code).toBe('42501')
  })

  test('nor over virtual tables', () => {
    expect(analysisError("select query_to_xml(name, true, true, '') from customers")).toMatchObject(
      { code: '42501', message: 'permission denied for function query_to_xml' },
    )
  })

  test('settings can be read', () => {
    expect(rows("select current_setting('TimeZone')")).toEqual([['UTC']])
  })
})

describe('sessions', () => {
  const bob: CompileOptions = {
    ...OPTIONS,
    user: 'bob',
    role: 'clerk',
    searchPath: ['shop'],
    values: { ...OPTIONS.values, timeZone: 'Europe/Berlin', dateStyle: 'German, DMY' },
    settings: { client_min_messages: 'warning', work_mem: '8MB', nosuch: '1' },
  }

  test('keep their identity and settings apart', () => {
    const sql =
      "select session_user, current_user, current_setting('TimeZone'), current_setting('work_mem'), date '2024-02-01', current_schemas(false)"
    const alice = ['alice', 'alice', 'UTC', '4MB', '2024-02-01', '{public,crm,shop}']
    expect(rows(sql)).toEqual([alice])
    expect(rows(sql, bob)).toEqual([
      ['bob', 'clerk', 'Europe/Berlin', '8MB', '01.02.2024', '{shop}'],
    ])
    expect(rows(sql)).toEqual([alice])
    expect(analysisError('select 1 from customers', bob).code).toBe('42P01')
    expect(analyzer.analyze('select 1 from customers', [], OPTIONS).kind).toBe('plan')
  })

  test('cannot be the superuser', () => {
    for (const user of ['tributary_owner', 'pg_read_all_data']) {
      expect(analysisError('select 1', { ...OPTIONS, user, role: user })).toMatchObject({
        code: '28000',
      })
    }
    const postgres = { ...OPTIONS, user: 'postgres', role: 'postgres' }
    expect(rows("select current_user, current_setting('is_superuser')", postgres)).toEqual([
      ['postgres', 'off'],
    ])
  })

  test('read literals by their own settings', () => {
    const sql = "select '01.02.2024'::date as d from shop.orders"
    const { logical } = analyzer.analyze(sql, [], bob)
    expect(logical).toMatchObject({ expressions: [{ expression: { value: '2024-02-01' } }] })
  })
})

describe('the virtual database', () => {
  test('has its name, comments, keys and views', () => {
    expect(rows('select current_database()')).toEqual([['sample_db']])
    expect(rows("select obj_description('crm.customers'::regclass)")).toEqual([
      ['People; "known" to us'],
    ])
    expect(rows("select obj_description('crm'::regnamespace)")).toEqual([["The customers' system"]])
    expect(
      rows("select contype from pg_constraint where conrelid = 'shop.orders'::regclass order by 1"),
    ).toEqual([['f'], ['n'], ['p']])
    expect(rows("select relname from pg_class where relnamespace = 'c360'::regnamespace")).toEqual(
      expect.arrayContaining([['spending'], ['paid']]),
    )
  })

  test('can be introspected but not read by catalog statements', () => {
    expect(
      rows(
        "select column_name from information_schema.columns where table_name = 'lines' order by ordinal_position",
      ),
    ).toEqual([['order_id'], ['sku'], ['quantity'], ['price']])
  })
})

describe('routing', () => {
  test.each([
    ['select 1', 'catalog'],
    ['select relname from pg_class', 'catalog'],
    ['select id from customers', 'plan'],
    ['select 1 where exists (select from c360.paid)', 'plan'],
    ['select relname from pg_class, customers', 'plan'],
    ['select pg_sleep(1000)', 'plan'],
    ['select count(*) from generate_series(1, 100000000)', 'plan'],
    ['show work_mem', 'catalog'],
    ['', 'catalog'],
  ])('%s: %s', (sql, kind) => {
    expect(analyzer.analyze(sql, [], OPTIONS).kind).toBe(kind)
  })
})

describe('parameters', () => {
  test('take the types that the client declares, or else those of their context', () => {
    const sql = 'select $1, id from customers where id = $2'
    expect(analyzer.analyze(sql, [], OPTIONS).parameterTypes).toEqual([25, 20])
    expect(analyzer.analyze(sql, [1700, 0], OPTIONS).parameterTypes).toEqual([1700, 20])
  })

  test('arrive in text or binary', () => {
    const sql = 'select $1::int + $2::int'
    const values = [Buffer.from('40'), Buffer.from([0, 0, 0, 2])]
    const result = analyzer.runCatalog(sql, [], values, [0, 1], [1], OPTIONS)
    expect([...result.frames.subarray(-4)]).toEqual([0, 0, 0, 42])
    expect(result).toMatchObject({ rows: 1, tag: 'SELECT 1' })
  })
})

describe('an opaque statement', () => {
  test('names its views, innermost first, and the tables below them', () => {
    const { logical } = analyzer.analyze('select s from c360.spending s', [], OPTIONS)
    if (logical?.kind !== 'opaque-query') throw new Error('not opaque')
    expect(logical.views?.map((view) => view.name)).toEqual(['paid', 'spending'])
    expect(logical.views?.[1]?.sql).toContain('crm.customers')
    expect(logical.tables.map((table) => table.table).sort()).toEqual(['customers', 'orders'])
  })
})

describe('statements of real clients', () => {
  const path = join(import.meta.dirname, '../../fixtures/catalog-statements.json')
  const statements = JSON.parse(readFileSync(path, 'utf8')) as readonly {
    readonly client: string
    readonly sql: string
    readonly parameterTypes: readonly number[]
    readonly columns: readonly string[]
  }[]

  test.each(statements)('$client: $sql', ({ sql, parameterTypes, columns }) => {
    const analyzed = analyzer.analyze(sql, parameterTypes, OPTIONS)
    expect(analyzed.kind).toBe('catalog')
    expect(analyzed.columns.map((column) => `${column.name}:${column.type.oid}`)).toEqual(columns)
    if (analyzed.parameterTypes.length > 0) return
    expect(analyzer.runCatalog(sql, [], [], [], [0], OPTIONS).tag).toMatch(/^SELECT \d+$/)
  })
})
