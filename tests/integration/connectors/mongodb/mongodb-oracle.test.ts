/** The same statements over MongoDB's test server with pushdown, without it, and on a PostgreSQL that holds the same rows. */
import { BSON } from 'mongodb'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startMongodb, type MongodbServer } from '../../../servers/mongodb.js'
import { startPostgres, type PostgresServer } from '../../../servers/postgres.js'
import { Federation, sorted } from '../federation.js'
import { discoveredSource, loadDocuments, POSTGRES_SQL } from './documents.js'

/** Statements, and whether all of each runs at MongoDB. */
const STATEMENTS: readonly (readonly [string, 'whole' | 'part'])[] = [
  ['select _id, name, age, big, score, price, ratio, active, seen from people', 'whole'],
  ['select _id, address_city, address_zip, tags, key, data from people', 'whole'],
  ['select * from people_orders', 'whole'],
  ['select * from products', 'whole'],
  [`select _id from people where name = 'ann'`, 'whole'],
  [`select _id from people where name = 'Ann '`, 'whole'],
  [`select _id from people where name = $$$a'_b\\$$`, 'whole'],
  [`select _id from people where name <> 'ann'`, 'whole'],
  [`select _id from people where not (name = 'ann')`, 'whole'],
  [`select _id from people where name in ('ann', 'ÄNN', 'zz')`, 'whole'],
  [`select _id from people where name not in ('ann', 'ÄNN')`, 'whole'],
  [`select _id from people where name not in ('ann', null)`, 'whole'],
  [`select _id from people where name < 'a'`, 'whole'],
  [`select _id from people where name >= 'ann'`, 'whole'],
  [`select _id from people where name is distinct from 'ann'`, 'whole'],
  [`select _id from people where name is not distinct from 'ann'`, 'whole'],
  [`select _id from people where name is distinct from address_city`, 'whole'],
  [`select _id from people where name like 'a%'`, 'whole'],
  [`select _id from people where name like 'a\\%b'`, 'whole'],
  [`select _id from people where name like '_nn'`, 'whole'],
  [`select _id from people where name like 'ann_'`, 'whole'],
  [`select _id from people where name not like 'a%'`, 'whole'],
  [`select _id from people where name like '$a''%'`, 'whole'],
  [`select _id from people where lower(name) = 'ann'`, 'part'],
  [`select _id from people where big = 9007199254740993`, 'whole'],
  [`select _id from people where big <> 5`, 'whole'],
  [`select _id from people where big in (9007199254740993, 5)`, 'whole'],
  [`select _id from people where age > 0 and age < 100`, 'whole'],
  [`select _id from people where not (age > 0 and name = 'ann')`, 'whole'],
  [`select _id from people where age > 0 or name = 'ann'`, 'whole'],
  [`select _id from people where not (age > 0 or name = 'ann')`, 'whole'],
  [`select _id from people where (age > 0) is not true`, 'whole'],
  [`select _id from people where (age > 0) is unknown`, 'whole'],
  [`select _id from people where (age > 0 or name = 'ann') is false`, 'whole'],
  [`select _id from people where age = 7.0`, 'whole'],
  [`select _id from people where score >= 10.5 and score < 20.001`, 'whole'],
  [`select _id from people where score <> 20`, 'whole'],
  [`select _id from people where score > 1e40`, 'whole'],
  [`select _id from people where score < 123456789012345678901234567890123456789.5`, 'whole'],
  [`select _id from people where score = 20.00000000000000000000000000000000000001`, 'whole'],
  [`select _id from people where price in (19.9, 7)`, 'whole'],
  [`select _id from people where ratio = 0.1`, 'whole'],
  [`select _id from people where ratio = 0`, 'whole'],
  [`select _id from people where ratio > 1`, 'whole'],
  [`select _id from people where ratio >= 'NaN'`, 'whole'],
  [`select _id from people where ratio < 'NaN'`, 'whole'],
  [`select _id from people where ratio <> 'NaN'`, 'whole'],
  [`select _id from people where ratio < 1`, 'whole'],
  [`select _id from people where not (ratio < 1)`, 'whole'],
  [`select _id from people where ratio > age`, 'whole'],
  [`select _id from people where seen >= '2020-01-31 10:20:30.123Z'`, 'whole'],
  [`select _id from people where seen > '2020-01-31 10:20:30.1229Z'`, 'whole'],
  [`select _id from people where seen <= '2020-01-31 10:20:30.123001Z'`, 'whole'],
  [`select _id from people where seen = '2020-01-31 10:20:30.1235Z'`, 'whole'],
  [`select _id from people where seen <> '2020-01-31 10:20:30.1235Z'`, 'whole'],
  [`select _id from people where seen < 'infinity'`, 'whole'],
  [`select _id from people where not (seen > '-infinity')`, 'whole'],
  [`select _id from people where seen in ('2020-02-29Z', '2020-02-29 00:00:00.0001Z')`, 'whole'],
  [`select _id from people where active`, 'whole'],
  [`select _id from people where not active`, 'whole'],
  [`select _id from people where active is not true`, 'whole'],
  [`select _id from people where active is null`, 'whole'],
  [`select _id from people where active = (age > 10)`, 'whole'],
  [`select _id from people where address_city is null`, 'whole'],
  [`select _id from people where address_city is not null and address_city <> ''`, 'whole'],
  [`select _id from people where tags is null`, 'whole'],
  [`select _id from people where data is not null`, 'whole'],
  [`select _id from people where data = '\\x01'`, 'part'],
  [`select _id from people where key = 'ff000000-0000-0000-0000-000000000000'`, 'whole'],
  [`select _id from people where key > '00000000-0000-0000-0000-000000000001'`, 'whole'],
  [`select name from people where _id = '650000000000000000000004'`, 'whole'],
  [`select name from people where _id = '65000000000000000000000A'`, 'whole'],
  [`select name from people where _id <> 'x'`, 'whole'],
  [`select name from people where _id > '65000000000000000000000 '`, 'whole'],
  [`select name from people where _id < '650000000000000000000004x'`, 'whole'],
  [`select name from people where _id >= '650000000000000000000005'`, 'whole'],
  [`select name from people where _id in ('650000000000000000000004', 'nothing')`, 'whole'],
  [`select name from people where _id like '%4'`, 'whole'],
  [
    `select _id, length(name), name || '!', coalesce(name, address_city, 'none') from people`,
    'whole',
  ],
  [
    `select _id, age > 0, age is null, active and age > 0, case when age > 5 then 'old' else name end from people`,
    'whole',
  ],
  [`select _id, 5, true, '$x', null::text, _id || '-' from people`, 'whole'],
  [`select _id, age + 1 from people where age < 100`, 'part'],
  [`select date_trunc('month', seen at time zone 'UTC'), count(*) from people group by 1`, 'whole'],
  [
    `select count(*), count(name), count(address_zip), count(tags), count(data) from people`,
    'whole',
  ],
  [`select count(*), sum(age), min(age) from people where name = 'nobody'`, 'whole'],
  [`select count(distinct name), sum(distinct age) from people`, 'part'],
  [`select count(distinct age), sum(distinct age) from people`, 'whole'],
  [`select active, count(distinct age) from people group by active`, 'whole'],
  [
    `select sum(age), sum(big), sum(score), sum(price), avg(age), avg(big), avg(score) from people`,
    'whole',
  ],
  [`select sum(ratio) from people`, 'part'],
  [
    `select min(age), max(age), min(name), max(name), min(seen), max(seen), min(score), max(price), min(_id) from people`,
    'whole',
  ],
  [`select min(ratio), max(ratio) from people`, 'whole'],
  [`select min(ratio), max(ratio) from people where ratio = 'NaN'`, 'whole'],
  [`select bool_and(active), bool_or(active), every(age < 10) from people`, 'whole'],
  [`select active, count(*), sum(age), avg(price) from people group by active`, 'whole'],
  [`select address_city, count(*) from people group by address_city`, 'whole'],
  [`select price, count(*) from people group by price`, 'whole'],
  [`select age, active, count(*) from people group by age, active having count(*) > 1`, 'whole'],
  [`select active, sum(age) from people group by active having sum(age) > 0`, 'whole'],
  [`select active, avg(age) from people group by active having avg(age) > 0`, 'part'],
  [`select ratio, count(*) from people group by ratio`, 'part'],
  [`select count(*) filter (where age > 0), sum(age) filter (where active) from people`, 'whole'],
  [`select sum(case when active then 1 else 0 end) from people`, 'whole'],
  [`select distinct age from people`, 'whole'],
  [`select distinct active, price from people`, 'whole'],
  [`select sku, sum(count), count(*) from people_orders group by sku`, 'whole'],
  [`select sku, position from people_orders where position > 1`, 'whole'],
  [`select parent_id, count(*) from people_orders where count > 1 group by parent_id`, 'whole'],
  [`select position, count(*) from people_orders group by position`, 'whole'],
  [
    `select o.position, o.count, p.title from people_orders o join products p on p._id = o.sku`,
    'whole',
  ],
  [
    `select o.position, p.title from people_orders o left join products p on p._id = o.sku and p.stock > 0`,
    'whole',
  ],
  [
    `select o.sku from people_orders o where exists (select from products p where p._id = o.sku)`,
    'whole',
  ],
  [
    `select o.sku from people_orders o where not exists (select from products p where p._id = o.sku)`,
    'whole',
  ],
  [
    `select p.title, q.name from products p join people q on q._id = p.owner where p.stock >= 0`,
    'whole',
  ],
  [`select p.title, q.name from people q join products p on p.owner = q._id`, 'whole'],
  [
    `select q.name, count(p.title) from people q left join products p on p.owner = q._id group by q.name`,
    'whole',
  ],
  [`select p.title, q._id from products p join people q on q.name = p.title`, 'whole'],
  [`select q._id, o.position from people q join people_orders o on o.sku = q.name`, 'whole'],
  [`select a.name, b.name from people a join people b on a.age = b.age and a._id < b._id`, 'part'],
]

const ORDERED: readonly string[] = [
  'select _id, name from people order by name, _id',
  'select _id, name from people order by name desc, _id limit 3',
  'select _id from people order by name nulls first, _id limit 3',
  'select _id, age from people order by age desc nulls last, _id limit 4 offset 1',
  'select _id, ratio from people order by ratio, _id',
  'select _id, ratio from people order by ratio desc, _id limit 3',
  'select _id, ratio from people where age is not null order by ratio desc nulls last, _id offset 2',
  'select seen from people order by seen limit 2',
  'select _id, score from people order by score desc, _id limit 5',
  'select _id from people order by active, _id limit 5',
  'select _id from people order by age > 5 desc, _id limit 5',
  'select age, count(*) from people group by age order by count(*) desc, age nulls first limit 2',
  'select _id, key from people order by key, _id limit 3',
  'select sku, position from people_orders order by sku, parent_id, position limit 4',
]

const WITH_PARAMETERS: readonly (readonly [string, readonly (string | null)[]])[] = [
  ['select _id from people where name = $1', ['ann']],
  ['select _id from people where name = $1', ['$name']],
  ['select _id from people where name = $1', [null]],
  ['select _id from people where name <> $1', ['Ann']],
  ['select _id from people where name = any ($1)', ['{ann,"Ann ",NULL,"a%b"}']],
  ['select _id from people where name <> all ($1)', ['{ann,NULL}']],
  ['select _id from people where name <> all ($1)', ['{}']],
  ['select _id from people where name = any ($1)', [null]],
  ['select _id from people where _id = any ($1)', ['{650000000000000000000004,zz}']],
  ['select _id from people where _id <= $1', ['65000000000000000000000g']],
  ['select _id from people where big = any ($1)', ['{9007199254740993,5,6}']],
  ['select _id from people where seen > $1', ['2020-01-31 10:20:30.1225+00']],
  ['select _id from people where seen < $1', ['infinity']],
  ['select _id from people where ratio < $1', ['NaN']],
  ['select _id from people where ratio > $1', ['1']],
  ['select _id from people where score < $1', ['NaN']],
  ['select _id from people where length(name) = $1', ['3']],
  ['select _id from people where key = $1', ['00000000-0000-0000-0000-000000000001']],
  ['select _id from people order by _id limit $1', ['3']],
  ['select _id from people order by _id limit $1 offset $2', [null, '2']],
  ['select _id from people order by _id limit $1', ['0']],
  ['select _id, $1::text, $2::int from people', ['$x', '5']],
]

describe('MongoDB', () => {
  let mongodb: MongodbServer
  let postgres: PostgresServer
  let client: pg.Client
  let federation: Federation

  beforeAll(async () => {
    ;[mongodb, postgres] = await Promise.all([startMongodb(), startPostgres()])
    loadDocuments(mongodb)
    await postgres.execute(POSTGRES_SQL)
    client = await postgres.connect()
    await client.query(`set search_path to shop; set timezone to 'UTC'`)
    const types = { 'people.score': 'numeric(12,2)', 'people.price': 'numeric(9,2)' }
    federation = await Federation.start([await discoveredSource(mongodb, types)])
  })

  afterAll(async () => {
    await federation?.close()
    await client?.end()
    await Promise.all([mongodb?.stop(), postgres?.stop()])
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

  test.each(STATEMENTS)('%s', async (sql, extent) => {
    const rows = sorted(await expected(sql))
    const pushed = await federation.run(sql)
    expect(sorted(pushed.rows)).toEqual(rows)
    expect(sorted((await federation.run(sql, 'off')).rows)).toEqual(rows)
    if (extent === 'whole') expect(pushed.nodes, pushed.notes.join('; ')).toEqual(['remote-query'])
    else expect(pushed.nodes.length).toBeGreaterThan(1)
  })

  test.each(ORDERED)('%s', async (sql) => {
    const pushed = await federation.run(sql)
    expect(pushed.rows).toEqual(await expected(sql))
    expect(pushed.nodes, pushed.notes.join('; ')).toEqual(['remote-query'])
  })

  test.each(WITH_PARAMETERS)('%s with %j', async (sql, parameters) => {
    const pushed = await federation.run(sql, 'on', parameters)
    expect(sorted(pushed.rows)).toEqual(sorted(await expected(sql, parameters)))
    expect(pushed.nodes, pushed.notes.join('; ')).toEqual(['remote-query'])
  })

  const AGE = { $cond: [{ $eq: [{ $type: '$age' }, 'int'] }, '$age', { $cond: [{ $in: [{ $type: '$age' }, ['missing', 'null', 'undefined']] }, null, { $toInt: { $concat: ['wrong type people.age ', { $type: '$age' }] } }] }] } // prettier-ignore

  test.each<readonly [string, unknown[]]>([
    [
      `select name from people where name = 'ann' and age > 5`,
      [
        { $match: { name: 'ann', age: { $gt: 5, $type: 'int' }, $nor: [{ name: { $type: 'array' } }, { age: { $type: 'array' } }] } }, // prettier-ignore
        { $project: { _id: 0, name: '$name' } },
      ],
    ],
    [
      `select age, count(*) from people group by age`,
      [
        { $group: { _id: { g1: AGE }, a1: { $sum: 1 } } },
        { $project: { _id: 0, age: '$_id.g1', count: '$a1' } },
      ],
    ],
    [
      `select age from people order by age desc limit 2`,
      [
        { $set: { __tributary1: AGE } },
        { $set: { __tributary1n: { $eq: ['$__tributary1', null] } } },
        { $sort: { __tributary1n: -1, __tributary1: -1 } },
        { $limit: 2 },
        { $project: { _id: 0, age: '$age' } },
      ],
    ],
  ])('%s reaches the source', async (sql, pipeline) => {
    mongodb.commands.length = 0
    await federation.run(sql)
    const sent = mongodb.commands.filter((command) => 'aggregate' in command)
    expect(sent).toHaveLength(1)
    expect(BSON.EJSON.parse(BSON.EJSON.stringify(sent[0]!.pipeline))).toEqual(pipeline)
  })
})
