/** Documents of the wrong shape: with on_type_error null they are NULL, whoever decides a condition; with fail they are errors. */
import { BSON } from 'mongodb'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SourceDefinition, TableDefinition } from '../../../../src/catalog/catalog.js'
import { startMongodb, type MongodbServer } from '../../../servers/mongodb.js'
import { startPostgres, type PostgresServer } from '../../../servers/postgres.js'
import { Federation, sorted } from '../federation.js'
import { sourceOf } from './documents.js'

const { Binary, Decimal128, Double, Int32, Long } = BSON
const int = (n: number): BSON.Int32 => new Int32(n)

/** Each document has one odd field, except the first and the last. */
const ODD: readonly Record<string, unknown>[] = [
  { n: int(5), big: Long.fromString('5'), money: Decimal128.fromString('5.50'), f: new Double(5.5), s: 'five', b: true, at: new Date('2020-05-05Z'), u: new Binary(Buffer.alloc(16, 5), 4), o: { s: 'in', n: int(1) } }, // prettier-ignore
  { n: '5' },
  { n: new Double(5) },
  { n: Long.fromString('5') },
  { n: [int(5), int(6)] },
  { n: null },
  { big: new Double(5) },
  { big: Decimal128.fromString('5') },
  { money: Decimal128.fromString('5.501') },
  { money: Decimal128.fromString('12345678901') },
  { money: new Double(5.5) },
  { money: int(7) },
  { money: Decimal128.fromString('7.500') },
  { money: Decimal128.fromString('NaN') },
  { money: Decimal128.fromString('Infinity') },
  { f: Long.fromString('5') },
  { f: Decimal128.fromString('5.5') },
  { f: int(6) },
  { f: 'NaN' },
  { s: int(5) },
  { s: ['five', 'six'] },
  { s: { five: 'five' } },
  { s: /five/ },
  { b: int(1) },
  { b: 'true' },
  { at: '2020-05-05' },
  { at: new BSON.Timestamp({ t: 1, i: 1 }) },
  { at: [new Date('2020-05-05Z')] },
  { u: new Binary(Buffer.alloc(16, 5), 0) },
  { u: new Binary(Buffer.alloc(8, 5), 4) },
  { o: [{ s: 'in', n: int(1) }] },
  { o: [] },
  { o: { s: ['in'] } },
  { o: 'in' },
  { o: { s: null } },
  { n: int(9), big: int(9), money: Long.fromString('9'), f: new Double(NaN), s: '', b: false, at: new Date(0), u: new Binary(Buffer.alloc(16), 4), o: { s: 'out', n: int(2) } }, // prettier-ignore
].map((document, i) => ({ _id: int(i), ...document }))

const POSTGRES_SQL = String.raw`
create schema odd;
create table odd.things (id int, n int, big bigint, money numeric(9,2), f float8, s text, b bool, at timestamptz, u uuid, o_s text, o_n int);
insert into odd.things (id) select generate_series(0, ${ODD.length - 1});
update odd.things set n = 5, big = 5, money = 5.5, f = 5.5, s = 'five', b = true, at = '2020-05-05Z', u = '05050505-0505-0505-0505-050505050505', o_s = 'in', o_n = 1 where id = 0;
update odd.things set money = 7 where id = 11; update odd.things set money = 7.5 where id = 12; update odd.things set money = 'NaN' where id = 13; update odd.things set f = 6 where id = 17;
update odd.things set n = 9, big = 9, money = 9, f = 'NaN', s = '', b = false, at = '1970-01-01Z', u = '00000000-0000-0000-0000-000000000000', o_s = 'out', o_n = 2 where id = ${ODD.length - 1};
`

const COLUMNS: readonly (readonly [string, string, string])[] = [
  ['id', '_id', 'integer'],
  ['n', 'n', 'integer'],
  ['big', 'big', 'bigint'],
  ['money', 'money', 'numeric(9,2)'],
  ['f', 'f', 'double precision'],
  ['s', 's', 'text'],
  ['b', 'b', 'boolean'],
  ['at', 'at', 'timestamptz'],
  ['u', 'u', 'uuid'],
  ['o_s', 'o.s', 'text'],
  ['o_n', 'o.n', 'integer'],
]

function tableOf(name: string, mode: 'null' | 'fail' | 'json'): TableDefinition {
  return {
    name,
    from: 'things',
    columns: COLUMNS.map(([column, from, type]) => ({
      name: column,
      from,
      type,
      notNull: false,
      hidden: false,
      tags: [],
      options: { on_type_error: mode },
    })),
    primaryKey: ['id'],
    unique: [],
    foreignKeys: [],
    indexes: [],
    rely: true,
    statistics: { columns: {} },
    requireFilter: [],
    options: {},
  }
}

const VALUES: readonly (readonly [string, string])[] = [
  ['n', '5'],
  ['big', '5'],
  ['money', '5.5'],
  ['f', '5.5'],
  ['s', `'five'`],
  ['at', `'2020-05-05Z'`],
  ['u', `'05050505-0505-0505-0505-050505050505'`],
  ['o_s', `'in'`],
  ['o_n', '1'],
]

const STATEMENTS: readonly string[] = [
  'select * from things',
  ...VALUES.flatMap(([column, value]) => [
    ...['=', '<>', '<', '<=', '>', '>='].map(
      (operator) => `select id from things where ${column} ${operator} ${value}`,
    ),
    `select id from things where not (${column} > ${value})`,
    `select id from things where ${column} in (${value})`,
    `select id from things where ${column} not in (${value})`,
    `select id from things where ${column} is null`,
    `select id from things where ${column} is not null`,
    `select id from things where ${column} is distinct from ${value}`,
    column === 'u'
      ? 'select count(u) from things'
      : `select count(${column}), min(${column}), max(${column}) from things where ${column} is null or ${column} <> ${value}`,
    `select ${column}, count(*) from things where id <> 13 group by ${column}`,
  ]),
  'select id from things where b',
  'select id from things where not b',
  'select id from things where b is null',
  `select id from things where s like 'f%' or o_s like 'i%'`,
  `select id from things where s not like 'f%'`,
  "select sum(n), sum(big), sum(money), avg(n), avg(money) from things where money <> 'NaN' or money is null",
  'select n, count(*) from things group by n',
  'select money, s, count(*) from things group by money, s',
  'select o_s, o_n, count(*) from things group by o_s, o_n',
  'select id, length(s), coalesce(s, o_s) from things',
  'select distinct big from things',
  'select min(money), max(money), sum(money) from things where id in (0, 11, 12)',
  'select min(money), max(money), max(f), min(f) from things',
]

describe('documents of the wrong shape', () => {
  let mongodb: MongodbServer
  let postgres: PostgresServer
  let client: pg.Client
  let federation: Federation

  beforeAll(async () => {
    ;[mongodb, postgres] = await Promise.all([startMongodb(), startPostgres()])
    mongodb.load('things', ODD)
    await postgres.execute(POSTGRES_SQL)
    client = await postgres.connect()
    await client.query(`set search_path to odd; set timezone to 'UTC'`)
    const source: SourceDefinition = sourceOf(mongodb, [
      tableOf('things', 'null'),
      tableOf('strict', 'fail'),
      tableOf('shown', 'json'),
    ])
    federation = await Federation.start([source])
  })

  afterAll(async () => {
    await federation?.close()
    await client?.end()
    await Promise.all([mongodb?.stop(), postgres?.stop()])
  })

  test.each(STATEMENTS)('%s', async (sql) => {
    const { rows } = await client.query<(string | null)[]>({
      text: sql,
      rowMode: 'array',
      types: { getTypeParser: () => (value: string) => value } as never,
    })
    const pushed = await federation.run(sql)
    expect(sorted(pushed.rows)).toEqual(sorted(rows))
    expect(sorted((await federation.run(sql, 'off')).rows)).toEqual(sorted(rows))
    if (!sql.startsWith('select f, count'))
      expect(pushed.nodes, pushed.notes.join('; ')).toEqual(['remote-query'])
  })

  test.each(['n', 'money', 's', 'at', 'u', 'o_s'])(
    'reading %s fails where it says so',
    async (column) => {
      const path = COLUMNS.find(([name]) => name === column)![1]
      const error = {
        code: 'HV004',
        message: expect.stringMatching(new RegExp(`^Field things.${path} of source "shop" holds a value of type \\w+ that does not fit`)), // prettier-ignore
        hint: expect.stringContaining('on_type_error'),
      }
      await expect(federation.run(`select ${column} from strict`)).rejects.toMatchObject(error)
      await expect(federation.run(`select ${column} from strict`, 'off')).rejects.toMatchObject(
        error,
      )
      await expect(
        federation.run(`select count(*) from strict group by ${column}`),
      ).rejects.toMatchObject(error)
      await expect(
        federation.run(`select id from strict order by ${column} limit 1`),
      ).rejects.toMatchObject(error)
    },
  )

  test('conditions keep to right-typed values, so that what is left can be read', async () => {
    const { rows } = await federation.run('select id, n from strict where n >= 5 order by id')
    expect(rows).toEqual([
      ['0', '5'],
      [String(ODD.length - 1), '9'],
    ])
  })

  test('a text with on_type_error json shows what is there', async () => {
    const { rows } = await federation.run(
      'select s from shown where id between 18 and 22 order by id',
    )
    expect(rows.map(([s]) => s)).toEqual([null, '5', '["five","six"]', '{"five":"five"}', expect.stringContaining('five')]) // prettier-ignore
  })
})
