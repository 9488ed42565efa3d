/** CSV, JSON and Parquet: the same statements with pushdown, without it, and on a PostgreSQL that holds the same rows. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SourceDefinition, TableDefinition } from '../../../../src/catalog/catalog.js'
import type { OpenSource, RemoteStatement } from '../../../../src/connectors/connector.js'
import { connector } from '../../../../src/connectors/files/index.js'
import { EngineError } from '../../../../src/errors.js'
import { parseTypeName } from '../../../../src/types/type-registry.js'
import { datumAt } from '../../../../src/types/vectors/vector-ops.js'
import { startPostgres, type PostgresServer } from '../../../servers/postgres.js'
import { Federation, sorted } from '../federation.js'

const PEOPLE = [
  [
    1,
    'Ann',
    '10.50',
    '9007199254740993',
    '2020-01-31',
    '2020-01-31 10:20:30.123456',
    '0.1',
    'true',
  ],
  [2, 'ann', '20.00', '-9007199254740993', '2020-02-29', '2020-02-29 00:00:00', '-1.5', 'false'],
  [3, 'Ann ', null, null, null, null, null, null],
  [
    4,
    'ÄNN, the "first"',
    '-3.25',
    '9223372036854775807',
    '1999-12-31',
    '1999-12-31 23:59:59.999999',
    '1e300',
    'true',
  ],
  [
    5,
    'ann😀 and a text of more than twelve bytes',
    '0.00',
    '0',
    '0001-01-01',
    '0001-01-01 00:00:00',
    '0',
    'false',
  ],
  [6, 'a%b', '20.00', '5', '2024-06-15', '2024-06-15 12:00:00', '3.5', 'true'],
  [7, 'a\\b\nc', '99.99', '5', '9999-12-31', '9999-12-31 23:59:59', '3.5', null],
  [8, null, '1.00', '5', '2020-01-01', '2020-01-01 00:00:01', '2.5', 'true'],
] as const

const COLUMNS = [
  ['id', 'integer'],
  ['name', 'text'],
  ['score', 'numeric(12,2)'],
  ['big', 'bigint'],
  ['born', 'date'],
  ['seen', 'timestamp'],
  ['ratio', 'double precision'],
  ['active', 'boolean'],
] as const

function tableOf(
  name: string,
  from: string,
  columns: readonly (readonly [string, string, string?])[],
  format?: Record<string, unknown>,
): TableDefinition {
  return {
    name,
    from,
    columns: columns.map(([column, type, remote]) => ({
      name: column,
      from: remote ?? column,
      type,
      notNull: false,
      hidden: false,
      tags: [],
      options: {},
    })),
    primaryKey: [],
    unique: [],
    foreignKeys: [],
    indexes: [],
    rely: false,
    statistics: { columns: {} },
    requireFilter: [],
    options: {},
    ...(format === undefined ? {} : { format }),
  }
}

const TABLES: readonly TableDefinition[] = [
  tableOf('people_csv', 'people.csv', COLUMNS),
  tableOf('people_json', 'people.ndjson', COLUMNS),
  tableOf('people_parquet', 'people.parquet', COLUMNS),
  tableOf(
    'visits',
    'visits/year=*/*.csv',
    [
      ['person', 'integer'],
      ['at', 'timestamp'],
      ['word', 'text'],
      ['year', 'integer'],
    ],
    {
      type: 'csv',
      partitions: { year: 'int' },
    },
  ),
  tableOf(
    'odd_csv',
    'odd.txt',
    [
      ['n', 'integer'],
      ['when', 'date'],
      ['what', 'text'],
    ],
    {
      type: 'csv',
      header: false,
      delimiter: ';',
      quote: "'",
      null_values: ['', 'N/A'],
      date: '%d.%m.%Y',
    },
  ),
  tableOf('nested', 'nested.json', [
    ['id', 'bigint'],
    ['city', 'text', 'address.city'],
    ['zip', 'integer', 'address.zip'],
    ['tags', 'text[]'],
    ['raw', 'jsonb', 'address'],
    ['price', 'numeric(30,10)'],
  ]),
  tableOf('types', 'types.parquet', [
    ['u', 'uuid'],
    ['h', 'numeric(38,0)'],
    ['ub', 'numeric(20,0)'],
    ['d', 'numeric(38,10)'],
    ['tz', 'timestamptz'],
    ['t', 'time'],
    ['i', 'interval'],
    ['b', 'bytea'],
    ['f', 'real'],
    ['l', 'integer[]'],
    ['s', 'jsonb'],
    ['ns', 'timestamp'],
    ['inf', 'timestamp'],
  ]),
  tableOf('malformed', 'malformed.csv', [
    ['a', 'integer'],
    ['b', 'text'],
  ]),
  tableOf('ragged', 'ragged.csv', [
    ['a', 'integer'],
    ['b', 'text'],
  ]),
  tableOf('lossy', 'lossy.json', [['price', 'numeric(30,2)']]),
  tableOf('missing', 'missing-*.csv', [['a', 'integer']]),
  tableOf('renamed', 'people.csv', [
    ['id', 'integer'],
    ['gone', 'text'],
  ]),
]

const TYPES_QUERY = `SELECT 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID AS u, 99999999999999999999999999999999999999::DECIMAL(38,0) AS h,
  18446744073709551615::UBIGINT AS ub, 1234567890123456789012345678.0123456789::DECIMAL(38,10) AS d,
  '2020-01-31 10:20:30.123456+00'::TIMESTAMPTZ AS tz, '23:59:59.999999'::TIME AS t, '1 year 2 months 3 days 04:05:06.5'::INTERVAL AS i,
  '\\x00\\xFF'::BLOB AS b, 0.1::FLOAT AS f, [1, NULL, 3] AS l, {'b': 1, 'a': [1, 2]} AS s, '2020-01-01 00:00:00.123456789'::TIMESTAMP_NS AS ns,
  'infinity'::TIMESTAMP AS inf
  UNION ALL SELECT ${Array(13).fill('NULL').join(', ')}`

let root: string
let server: PostgresServer
let client: pg.Client
let federation: Federation
let open: OpenSource
let source: SourceDefinition

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tributary-files-test-'))
  const write = async (name: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), text)
  }
  const quoted = (value: unknown): string =>
    value === null ? '' : `"${String(value).replaceAll('"', '""')}"`
  const names = COLUMNS.map(([name]) => name)
  const csv = [names.join(','), ...PEOPLE.map((row) => row.map(quoted).join(','))].join('\n')
  await write('people.csv', `${csv}\n`)
  await write(
    'people.ndjson',
    PEOPLE.map((row) =>
      JSON.stringify(Object.fromEntries(row.map((value, i) => [names[i]!, value]))),
    ).join('\n'),
  )
  await write(
    'visits/year=2020/a.csv',
    'person,at,word\n1,2020-01-01 08:00:00,Ann\n1,2020-05-15 09:30:00,ann\n',
  )
  await write('visits/year=2021/a.csv', 'person,at,word\n4,2021-12-31 23:59:59,\n')
  await write('visits/year=2021/b.csv', 'person,at,word\n,2021-01-05 11:11:11,x\n')
  await write('odd.txt', `1;31.01.2020;'it''s;'\n2;N/A;N/A\n`)
  await write(
    'nested.json',
    '[{"id": 9007199254740993, "address": {"zip": 1, "city": "Köln"}, "tags": ["a", "b c", null, "q\\"x"], "price": "12345678901234567890.0123456789"}, {"id": 2, "price": 0.25}]',
  )
  await write('malformed.csv', 'a,b\n1,x\ntwo,y\n3,z\n')
  await write('ragged.csv', 'a,b\n1,x\n2,y\n3,z,too,many\n4,w\n')
  await write('lossy.json', '{"price": 12345678901234567.89}\n')
  await write('outside/secret.csv', 'a\n1\n')
  const writer = await (await DuckDBInstance.create(':memory:')).connect()
  const casts = COLUMNS.map(([name, type]) => `"${name}"::${type} AS "${name}"`).join(', ')
  await writer.run(
    `COPY (SELECT ${casts} FROM read_csv('${root}/people.csv', all_varchar=true, header=true)) TO '${root}/people.parquet' (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
  )
  await writer.run(`COPY (${TYPES_QUERY}) TO '${root}/types.parquet' (FORMAT parquet)`)
  writer.closeSync()

  source = {
    name: 'lake',
    connector: 'files',
    connection: { root: '.' },
    limits: {},
    discover: {},
    tables: TABLES,
    directory: root,
  }
  open = connector.open(source)
  federation = await Federation.start([source])
  server = await startPostgres()
  client = await server.connect()
  const rows = PEOPLE.map(
    (row) =>
      `(${row.map((v) => (v === null ? 'null' : `'${String(v).replaceAll("'", "''")}'`)).join(', ')})`,
  )
  const definition = COLUMNS.map(([name, type]) => `${name} ${type}`).join(', ')
  await client.query(`create schema lake; set search_path to lake; set timezone to 'UTC';
    create table people_csv (${definition}); insert into people_csv values ${rows.join(', ')};
    create view people_json as table people_csv; create view people_parquet as table people_csv;
    create table visits (person int, at timestamp, word text, year int);
    insert into visits values (1, '2020-01-01 08:00:00', 'Ann', 2020), (1, '2020-05-15 09:30:00', 'ann', 2020),
      (4, '2021-12-31 23:59:59', null, 2021), (null, '2021-01-05 11:11:11', 'x', 2021)`)
})

afterAll(async () => {
  await open?.close()
  await federation?.close()
  await client?.end()
  await server?.stop()
  await rm(root, { recursive: true, force: true })
})

async function expected(
  sql: string,
  values: readonly unknown[] = [],
): Promise<(string | null)[][]> {
  const result = await client.query<(string | null)[]>({
    text: sql,
    values: [...values],
    rowMode: 'array',
    types: { getTypeParser: () => (value: string) => value } as never,
  })
  return result.rows
}

const OVER_PEOPLE: readonly string[] = [
  'select * from people',
  `select id from people where name = 'ann'`,
  `select id from people where name in ('ann', 'Ann ', 'a\\b')`,
  `select id from people where name not in ('ann', 'Ann ')`,
  `select id from people where name like 'a%'`,
  `select id from people where name like '_nn'`,
  `select id from people where name like 'a\\%b'`,
  `select id from people where name < 'a'`,
  `select id from people where big = 9007199254740993`,
  `select id from people where score between 10.5 and 20.001`,
  `select id from people where ratio = 0.1 or ratio > 1e299`,
  `select id from people where ratio < 'NaN'`,
  `select id from people where born >= '2020-01-31' and seen < '2020-03-01'`,
  `select id from people where born < 'infinity' and born > '-infinity'`,
  `select id from people where seen > born`,
  `select id from people where active is not true`,
  `select id from people where length(name) = 3`,
  'select id, score * 2.5 + 1, -score, id + 1, id * 2, id / 3, id % 3, -id / 2 from people',
  'select count(*), count(name), count(distinct name), sum(id), sum(score), min(big), max(big) from people',
  'select min(name), max(name), min(born), max(seen), bool_and(active) from people',
  'select sum(score), count(*) from people where id > 100',
  'select name, count(*) from people group by name',
  'select active, sum(score), sum(id) filter (where score > 5) from people group by active',
  'select distinct score, active from people',
  `select date_trunc('month', seen), date_trunc('week', seen), extract(dow from born), extract(year from seen) from people where id < 7`,
  'select name || id::text from people where id < 3',
  'select a.id, b.id from people a join people b on a.big = b.big',
  'select a.id from people a where exists (select from people b where b.name = a.name and b.id < 5)',
  'select a.id from people a where not exists (select from people b where b.big = a.big and b.id <> a.id)',
  'select score from people union all select score from people where id < 3',
  'select score from people intersect select score from people where id > 2',
  'select id from people where id = any (array[1, 3, 5])',
  `select sum(case when active then 1 else 0 end) from people`,
]

test.each(
  ['csv', 'json', 'parquet'].flatMap((kind) => OVER_PEOPLE.map((sql) => [kind, sql] as const)),
)('%s: %s', async (kind, template) => {
  const sql = template.replaceAll(/\bpeople\b/g, `people_${kind}`)
  const rows = sorted(await expected(sql))
  expect(sorted((await federation.run(sql)).rows)).toEqual(rows)
  expect(sorted((await federation.run(sql, 'off')).rows)).toEqual(rows)
})

test.each([
  'select id, name from people_csv order by name nulls first, id limit 3',
  'select id, score from people_parquet order by score desc nulls last, id limit 3 offset 1',
  'select v.year, count(*), min(at) from visits v group by year order by year',
  `select p.name, v.word from people_parquet p join visits v on v.person = p.id where v.year = 2020 order by v.word`,
  'select p.id, v.at from people_csv p left join visits v on v.person = p.id order by p.id, v.at',
  'select p.id, v.at from people_csv p full join visits v on v.person = p.id order by p.id, v.at',
])('one remote statement: %s', async (sql) => {
  const pushed = await federation.run(sql)
  expect(pushed.rows).toEqual(await expected(sql))
  expect(pushed.nodes, pushed.notes.join('; ')).toEqual(['remote-query'])
})

test.each([
  ['select id from people_parquet where name = $1', [`a' or '1'='1`]],
  ['select id from people_parquet where name = any ($1)', ['{ann,"Ann ",NULL,"a\\\\b\nc"}']],
  ['select id from people_csv where big = any ($1)', ['{9007199254740993,5,NULL}']],
  ['select id from people_csv where id <> all ($1)', ['{}']],
  ['select id from people_parquet where born = any ($1)', ['{2020-01-31,1999-12-31}']],
  ['select id from people_parquet where seen < $1', ['infinity']],
  ['select id from people_parquet where seen > $1', ['1999-12-31 23:59:59.999998']],
  ['select id from people_parquet where born < $1', ['infinity']],
  ['select id from people_parquet where born > $1', ['0044-03-15 BC']],
  ['select id from people_parquet where score < $1', ['NaN']],
  ['select id from people_parquet where score = $1', ['20.000']],
  ['select id from people_parquet where ratio < $1', ['NaN']],
  ['select id from people_parquet where active = $1', ['t']],
])('%s with %j', async (sql, parameters) => {
  const pushed = await federation.run(sql, 'on', parameters)
  expect(sorted(pushed.rows)).toEqual(sorted(await expected(sql, parameters)))
  expect(pushed.nodes, pushed.notes.join('; ')).toEqual(['remote-query'])
})

test('reads formats, partitions, nested JSON', async () => {
  expect((await federation.run('select * from odd_csv order by n')).rows).toEqual([
    ['1', '2020-01-31', "it's;"],
    ['2', null, null],
  ])
  expect((await federation.run('select * from nested order by id')).rows).toEqual([
    ['2', null, null, null, null, '0.2500000000'],
    [
      '9007199254740993',
      'Köln',
      '1',
      '{a,"b c",NULL,"q\\"x"}',
      '{"zip": 1, "city": "Köln"}',
      '12345678901234567890.0123456789',
    ],
  ])
})

test('reads every type', async () => {
  const { rows } = await federation.run('select * from types order by u nulls last')
  expect(rows).toEqual([
    [
      'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
      '99999999999999999999999999999999999999',
      '18446744073709551615',
      '1234567890123456789012345678.0123456789',
      '2020-01-31 10:20:30.123456+00',
      '23:59:59.999999',
      '1 year 2 mons 3 days 04:05:06.5',
      '\\x00ff',
      '0.1',
      '{1,NULL,3}',
      '{"a": [1, 2], "b": 1}',
      '2020-01-01 00:00:00.123456',
      'infinity',
    ],
    Array(13).fill(null),
  ])
})

test('sees files that came after the source was opened', async () => {
  const before = await federation.run('select count(*) from visits')
  await mkdir(join(root, 'visits/year=2022'))
  await writeFile(
    join(root, 'visits/year=2022/new.csv'),
    'person,at,word\n7,2022-01-01 00:00:00,w\n',
  )
  expect((await federation.run('select year from visits where person = 7')).rows).toEqual([
    ['2022'],
  ])
  await rm(join(root, 'visits/year=2022'), { recursive: true })
  expect((await federation.run('select count(*) from visits')).rows).toEqual(before.rows)
})

test.each([
  [
    'malformed',
    'HV004',
    /^Value of another type in file .*malformed\.csv:3 of source "lake", column "\w+"$/,
  ],
  ['ragged', 'HV000', /ragged\.csv:4/],
  ['missing', 'HV00R', /"lake".*missing-\*\.csv/],
  ['renamed', 'HV005', /gone/],
  ['lossy', 'HV000', /more digits/],
])('%s is error %s', async (table, code, message) => {
  const error: unknown = await federation.run(`select * from ${table}`).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(EngineError)
  expect(error).toMatchObject({ code, source: 'lake' })
  expect((error as EngineError).message).toMatch(message)
  // DuckDB quotes the line at fault: that is for the log.
  expect(`${(error as EngineError).detail}`).not.toContain('Line:')
})

interface Unfit {
  readonly column: string
  /** A value that the column keeps, and how it reads. */
  readonly fits: string
  readonly read: string
  readonly unfit: string
  readonly format?: Record<string, unknown>
}

const UNFIT: readonly Unfit[] = [
  { column: 'smallint', fits: '-7.0', read: '-7', unfit: '1.5' },
  { column: 'integer', fits: '2147483647', read: '2147483647', unfit: '1.5' },
  { column: 'integer', fits: '3.0', read: '3', unfit: '2147483648' },
  { column: 'integer', fits: '4', read: '4', unfit: '15e-1' },
  { column: 'bigint', fits: '9007199254740993', read: '9007199254740993', unfit: '0.5' },
  { column: 'bigint', fits: '-5.00', read: '-5', unfit: '1E+11' },
  { column: 'bigint', fits: '9223372036854775807', read: '9223372036854775807', unfit: '9223372036854775808' },
  { column: 'date', fits: '2020-02-29', read: '2020-02-29', unfit: '0044-03-15 BC' },
  { column: 'date', fits: '2020-02-29 00:00:00', read: '2020-02-29', unfit: '2020-02-29 10:30:00' },
  { column: 'date', fits: 'infinity', read: 'infinity', unfit: '2020-02-29 and more' },
  { column: 'date', fits: '2020-02-29', read: '2020-02-29', unfit: '01/02/2020' },
  { column: 'date', fits: '01/02/2020', read: '2020-02-01', unfit: '01/02/2020 BC', format: { date: '%d/%m/%Y' } },
  { column: 'date', fits: '2020-02-29', read: '2020-02-29', unfit: '2020-02-29 10:30:00', format: { timestamp: '%d.%m.%Y %H:%M' } },
  { column: 'timestamp', fits: '2020-02-29 10:30:00.5', read: '2020-02-29 10:30:00.5', unfit: '0044-03-15 00:00:00 BC' },
  { column: 'timestamp', fits: '2020-02-29T10:30:00', read: '2020-02-29 10:30:00', unfit: '01/02/2020 10:30:00' },
  { column: 'timestamptz', fits: '2020-02-29 10:30:00+02', read: '2020-02-29 08:30:00+00', unfit: '0044-03-15 00:00:00 BC' },
  { column: 'timestamptz', fits: '2020-02-29 10:30:00Z', read: '2020-02-29 10:30:00+00', unfit: 'no time at all' },
  { column: 'timestamptz', fits: '01.02.2020 10:30', read: '2020-02-01 10:30:00+00', unfit: '2020-02-01 10:30:00', format: { timestamp: '%d.%m.%Y %H:%M' } },
  { column: 'time', fits: '10:30:00.25', read: '10:30:00.25', unfit: '10:30:00 PM' },
] // prettier-ignore

describe.each(['csv', 'json'])('%s: a value that its column cannot keep whole', (type) => {
  let own: Federation

  beforeAll(async () => {
    await mkdir(join(root, 'unfit'), { recursive: true })
    const isNumber = (value: string): boolean => /^-?[\d.]{1,14}$/.test(value)
    const write = (name: string, values: readonly string[]): Promise<void> => {
      const rows =
        type === 'csv'
          ? ['k,v', ...values.map((value, i) => `${i + 1},${value}`)]
          : values.map((v, k) => JSON.stringify({ k, v: isNumber(v) ? Number(v) : v }))
      return writeFile(join(root, `unfit/${name}.${type}`), `${rows.join('\n')}\n`)
    }
    const tables: TableDefinition[] = []
    for (const [i, { column, fits, unfit, format = {} }] of UNFIT.entries()) {
      await write(`${i}-a`, [fits, fits])
      await write(`${i}-b`, [fits, unfit])
      const columns: (readonly [string, string])[] = [
        ['k', 'integer'],
        ['v', column],
      ]
      const of = { type, ...format }
      tables.push(tableOf(`sound_${i}`, `unfit/${i}-a.${type}`, columns, of))
      tables.push(tableOf(`unfit_${i}`, `unfit/${i}-*.${type}`, columns, of))
    }
    own = await Federation.start([{ ...source, tables }])
  })
  afterAll(() => own.close())

  test.each(UNFIT.map((one, i) => ({ ...one, i })))(
    '$column: $fits is $read, $unfit an error',
    async ({ i, read, unfit }) => {
      expect((await own.run(`select v from sound_${i}`)).rows).toEqual([[read], [read]])
      expect((await own.run(`select count(*) from unfit_${i}`)).rows).toEqual([['4']])
      const error = await own.run(`select v from unfit_${i}`).catch((e: unknown) => e)
      expect(error).toMatchObject({ code: 'HV004', source: 'lake' })
      const { message, hint } = error as EngineError
      // Of CSV DuckDB knows the line of a value that is not of the type, we the row of one that is only in part.
      expect(message).toMatch(/(^Row 2 of file .*unfit\/\d+-b\.\w+ )|(unfit\/\d+-b\.csv:3 )/)
      expect(message).toContain('column "v"')
      expect(hint).toMatch(/^Mend the file, or give /)
      expect(`${message}${hint}`).not.toContain(unfit)
    },
  )
})

test('overflow is PostgreSQL’s error', async () => {
  const error: unknown = await federation
    .run('select id * 2000000000 from people_csv')
    .catch((e: unknown) => e)
  expect(error).toMatchObject({ code: '22003', message: 'integer out of range' })
})

function textStatement(text: string): RemoteStatement {
  return { text, parameters: [], columns: [{ id: 1, name: 'c', type: parseTypeName('text') }] }
}

async function textsOf(
  statement: RemoteStatement,
  signal = new AbortController().signal,
): Promise<(string | null)[]> {
  const texts: (string | null)[] = []
  for await (const batch of open.scan(statement, [], { signal, batchRows: 1000 })) {
    for (let i = 0; i < batch.length; i++) texts.push(datumAt(batch.columns[0]!, i))
  }
  return texts
}

test('nothing outside of the root can be read', async () => {
  expect(() =>
    connector.pushdown({ ...source, tables: [tableOf('x', '../x.csv', [['a', 'text']])] }).print({
      kind: 'scan',
      source: 'lake',
      schema: 'lake',
      table: 'x',
      columns: [{ id: 1, name: 'a', type: parseTypeName('text') }],
      tableColumns: ['a'],
    }),
  ).toThrow(/outside of its root/)
  const error: unknown = await textsOf(
    textStatement(`SELECT content FROM read_text('/etc/hostname')`),
  ).catch((e: unknown) => e)
  expect(error).toMatchObject({ code: 'HV000' })
})

test('an abort interrupts DuckDB', async () => {
  const controller = new AbortController()
  const reason = new EngineError('57014', 'canceling statement due to statement timeout')
  setTimeout(() => controller.abort(reason), 100)
  const endless = textStatement(
    'SELECT count(*)::VARCHAR FROM range(1000000) a, range(1000000) b WHERE a.range * b.range = -1',
  )
  expect(await textsOf(endless, controller.signal).catch((e: unknown) => e)).toBe(reason)
  expect(await textsOf(textStatement(`SELECT 'x'`))).toEqual(['x'])
})

test('leaving early frees the connection', async () => {
  const many = textStatement(
    `SELECT 'a text of more than twelve bytes ' || range FROM range(10000000)`,
  )
  for (let round = 0; round < 3; round++) {
    for await (const batch of open.scan(many, [], {
      signal: new AbortController().signal,
      batchRows: 1000,
    })) {
      expect(datumAt(batch.columns[0]!, 3)).toBe('a text of more than twelve bytes 3')
      break
    }
  }
  expect(await textsOf(textStatement(`SELECT 'x'`))).toEqual(['x'])
})

test('texts of all lengths survive, NULLs between them', async () => {
  const texts = await textsOf(
    textStatement(
      `SELECT CASE WHEN i % 7 = 3 THEN NULL ELSE repeat('ä', (i * 37 % 101)::INT) || i END FROM range(20000) t(i) ORDER BY i`,
    ),
  )
  const wanted = Array.from({ length: 20000 }, (_, i) =>
    i % 7 === 3 ? null : 'ä'.repeat((i * 37) % 101) + String(i),
  )
  expect(texts).toEqual(wanted)
})

test('discovers declared and included files, the same twice', async () => {
  const options = {
    include: ['people.*', 'types.parquet'],
    exclude: ['people.ndjson'],
    declared: TABLES.filter((table) => table.name === 'visits'),
    signal: new AbortController().signal,
  }
  const found = await open.discover(options)
  expect(await open.discover(options)).toEqual(found)
  expect(found.tables.map((table) => [table.from, table.rows])).toEqual([
    ['people.csv', 8],
    ['people.parquet', 8],
    ['types.parquet', 2],
    ['visits/year=*/*.csv', 4],
  ])
  const parquet = found.tables[1]!.columns
  expect(parquet.find((column) => column.name === 'score')).toMatchObject({
    type: 'numeric(12,2)',
    min: '-3.25',
    max: '99.99',
    nullFraction: 0.125,
  })
  expect(found.tables[3]!.columns.map((column) => [column.name, column.type])).toContainEqual([
    'year',
    'integer',
  ])
})

test('more memory than the source may use is 53200, and tells the setting', async () => {
  const small = connector.open({ ...source, connection: { root: '.', memory_limit: '16MB' } })
  const reading = async (): Promise<void> => {
    const statement = textStatement('SELECT list(range)::VARCHAR FROM range(10000000)')
    const options = { signal: new AbortController().signal, batchRows: 1000 }
    for await (const batch of small.scan(statement, [], options)) void batch
  }
  expect(await reading().catch((e: unknown) => e)).toMatchObject({
    ...{ code: '53200', source: 'lake', category: 'resource' },
    message: 'Source "lake" needs more memory than its limit',
    hint: 'Raise connection.memory_limit of source "lake" (256MB unless said), or ask for less in one statement',
    detail: expect.stringMatching(/^Incident/) as string,
  })
  await small.close()
})

test('a root that is not there is named', async () => {
  const nowhere = connector.open({ ...source, connection: { root: 'nowhere' } })
  expect(await nowhere.ping(new AbortController().signal).catch((e: unknown) => e)).toMatchObject({
    code: '08001',
    source: 'lake',
  })
  await nowhere.close()
})
