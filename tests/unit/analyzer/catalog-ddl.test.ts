/** What PostgreSQL refuses of a catalog is reported, and the rest is made. */
import { expect, test } from 'vitest'
import { Analyzer } from '../../../src/analyzer/analyzer.js'
import type { Catalog, TableDefinition } from '../../../src/catalog/catalog.js'
import { OPTIONS, SAMPLE_CATALOG, table } from './sample-catalog.js'

const [first, ...others] = SAMPLE_CATALOG.sources

async function problemsOf(changes: Partial<Catalog>): Promise<{
  readonly analyzer: Analyzer
  readonly problems: readonly unknown[]
}> {
  const analyzer = await Analyzer.start({ ...SAMPLE_CATALOG, ...changes })
  const problems = analyzer.problems.map(({ error, ...subject }) => ({
    ...subject,
    code: error.code,
    message: error.message,
    position: error.position,
  }))
  return { analyzer, problems }
}

function view(name: string, sql: string): Catalog['views'][number] {
  return { schema: 'c360', name, sql, file: `${name}.sql`, columns: [], contractEnforced: false }
}

test('broken views are named with the position in their own SQL; sound ones work', async () => {
  const { analyzer, problems } = await problemsOf({
    views: [
      view('a', 'select id from c360.b'),
      view('b', 'select id from crm.customers'),
      view('c', 'select nope from crm.customers'),
      view('d', 'select 1; drop table crm.customers'),
      view('e', 'select x from c360.f'),
      view('f', 'select x from c360.e'),
    ],
  })
  expect(problems).toEqual([
    { view: 'c360.c', code: '42703', message: 'column "nope" does not exist', position: 8 },
    {
      view: 'c360.d',
      code: '42601',
      message: 'cannot insert multiple commands into a prepared statement',
      position: undefined,
    },
    { view: 'c360.e', code: '42P01', message: 'relation "c360.f" does not exist', position: 15 },
    { view: 'c360.f', code: '42P01', message: 'relation "c360.e" does not exist', position: 15 },
  ])
  expect(analyzer.analyze('select * from c360.a', [], OPTIONS).kind).toBe('plan')
  await analyzer.close()
})

test('broken tables and keys are named; their neighbours work', async () => {
  if (first === undefined) throw new Error('no source')
  const { analyzer, problems } = await problemsOf({
    views: [],
    sources: [
      {
        ...first,
        tables: [
          ...first.tables,
          table('odd', ['a nosuchtype']),
          table('wrong_key', ['a integer'], { primaryKey: ['b'] }),
          table('Odd "name"', ['select integer', 'Ünï text'], {
            foreignKeys: [
              { columns: ['select'], references: 'crm.segments', to: ['segment'], rely: true },
            ],
          }),
        ],
      },
      ...others,
    ],
  })
  expect(problems).toMatchObject([
    { table: 'crm.odd', code: '42704' },
    { table: 'crm.wrong_key', code: '42703' },
    { table: 'crm.Odd "name"', code: '42830' },
  ])
  const { logical } = analyzer.analyze('select "select", "Ünï" from "Odd ""name"""', [], OPTIONS)
  expect(logical).toMatchObject({ input: { table: 'Odd "name"', tableColumns: ['select', 'Ünï'] } })
  await analyzer.close()
})

test('declared principals are the only roles', async () => {
  const { analyzer, problems } = await problemsOf({
    principals: {
      open: false,
      roles: { clerk: { can: [] } },
      users: {
        ann: { name: 'ann', roles: ['clerk'], maySetRole: [], attributes: {} },
      },
    },
  })
  expect(problems).toEqual([])
  const as = (user: string, role: string) => ({ ...OPTIONS, user, role })
  expect(analyzer.analyze('select 1', [], as('ann', 'clerk')).kind).toBe('catalog')
  expect(() => analyzer.analyze('select 1', [], as('mallory', 'mallory'))).toThrow(
    'role "mallory" does not exist',
  )
  expect(() => analyzer.analyze('select 1', [], as('clerk', 'ann'))).toThrow(
    'permission denied to set role "ann"',
  )
  expect(analyzer.analyze('select 1', [], as('ann', 'ann')).kind).toBe('catalog')
  await analyzer.close()
})

test('a hidden column does not exist for who uses the catalog', async () => {
  const hide = (definition: TableDefinition, ...names: string[]): TableDefinition => ({
    ...definition,
    columns: definition.columns.map((column) => ({
      ...column,
      hidden: names.includes(column.name),
      description: 'about it',
    })),
  })
  const people = table('people', ['id bigint not null', 'name text', 'ssn text'], {
    primaryKey: ['id'],
    unique: [['ssn'], ['name']],
  })
  const visits = table('visits', ['person_ssn text', 'person_name text'], {
    foreignKeys: [
      { columns: ['person_ssn'], references: 'crm.people', to: ['ssn'], rely: false },
      { columns: ['person_name'], references: 'crm.people', to: ['name'], rely: false },
    ],
  })
  const { analyzer, problems } = await problemsOf({
    sources: [{ ...first!, tables: [hide(people, 'ssn'), visits] }],
    views: [
      view('all_people', 'select * from crm.people'),
      view('leak', 'select ssn from crm.people'),
    ],
  })
  expect(problems).toMatchObject([{ view: 'c360.leak', code: '42703' }])
  const columnsOf = (sql: string) => analyzer.analyze(sql, [], OPTIONS).columns.map((c) => c.name)
  expect(columnsOf('select * from crm.people')).toEqual(['id', 'name'])
  expect(columnsOf('select * from c360.all_people')).toEqual(['id', 'name'])
  expect(() => analyzer.analyze('select ssm from crm.people', [], OPTIONS)).toThrow(
    expect.objectContaining({ code: '42703', hint: undefined }) as Error,
  )
  const text = (sql: string) =>
    Buffer.from(analyzer.runCatalog(sql, [], [], [], [0], OPTIONS).frames).toString('latin1')
  const described = text(
    `SELECT string_agg(attname || coalesce(col_description(attrelid, attnum), ''), ',') FROM pg_attribute
     WHERE attrelid = 'crm.people'::regclass AND attnum > 0`,
  )
  expect(described).toContain('idabout it,nameabout it')
  expect(described).not.toContain('ssn')
  expect(
    text("SELECT count(*) FROM pg_constraint WHERE contype IN ('f', 'u') AND conrelid >= 16384"),
  ).toMatch(/2$/)
  await analyzer.close()
})
