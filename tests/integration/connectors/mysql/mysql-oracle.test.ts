/** Parameters that MariaDB's types lack, and the text that is sent: besides what the conformance suite asks of every connector. */
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SourceDefinition } from '../../../../src/catalog/catalog.js'
import { connector } from '../../../../src/connectors/mysql/index.js'
import { mariadbInstalled, startMariadb, type MariadbServer } from '../../../servers/mariadb.js'
import { startPostgres, type PostgresServer } from '../../../servers/postgres.js'
import { Federation, sorted, tableFrom } from '../federation.js'

const MARIADB_SQL = String.raw`
CREATE TABLE people (id INT PRIMARY KEY, name VARCHAR(40), latin VARCHAR(40) CHARACTER SET latin1, code CHAR(8) CHARACTER SET ascii,
  score DECIMAL(12,2), big BIGINT, small SMALLINT, tiny TINYINT(1), ratio DOUBLE, born DATE, seen DATETIME(6), stamp TIMESTAMP(6) NULL,
  note TEXT, data VARBINARY(20), KEY (name), KEY (latin), KEY (born));
INSERT INTO people VALUES
 (1, 'Ann', 'Ann', 'a', 10.50, 9007199254740993, 1, 1, 0.1, '2020-01-31', '2020-01-31 10:20:30.123456', '2020-01-31 10:20:30.5', 'x', x'00ff'),
 (2, 'ann', 'ann', 'A', 20.00, -9007199254740993, 2, 0, -1.5, '2020-02-29', '2020-02-29 00:00:00', '2020-02-29 00:00:00', 'X', x'01'),
 (3, 'Ann ', 'Ann ', 'b', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (4, 'ÄNN', 'ÄNN', 'B', -3.25, 9223372036854775807, -32768, 1, 1e300, '1999-12-31', '1999-12-31 23:59:59.999999', '1999-12-31 23:59:59.999999', '', x''),
 (5, 'ann😀', 'änn', '', 0, 0, 0, 0, 0, '0001-01-01', '0001-01-01 00:00:00', '1970-01-01 00:00:01', 'a\\b''c"d', x'0000'),
 (6, 'a%b', 'a%b', '?', 20.00, 5, 7, 1, 3.5, '2024-06-15', '2024-06-15 12:00:00', '2024-06-15 12:00:00', '?', x'ff'),
 (7, 'a_b', 'a\\b', 'z', 99.99, 5, 7, 0, 3.5, '9999-12-31', '9999-12-31 23:59:59', NULL, 'äöü', x'ffff'),
 (8, NULL, NULL, NULL, 1.00, 5, 7, 1, 2.5, '2020-01-01', '2020-01-01 00:00:01', NULL, NULL, NULL);
CREATE TABLE visits (person INT, n INT, word VARCHAR(40), at DATETIME, cost DECIMAL(8,3));
INSERT INTO visits VALUES (1, 1, 'Ann', '2020-01-01 08:00:00', 1.250), (1, 2, 'ann', '2020-01-15 09:30:00', 2.000), (2, 1, 'ANN', '2020-02-01 00:00:00', NULL),
 (4, 1, 'Ann ', '2020-04-30 23:59:59', 0.001), (6, 3, NULL, NULL, 10), (99, 1, 'a%b', '2021-12-31 10:00:00', 7.5), (NULL, 2, 'x', '2020-01-05 11:11:11', 3);
`

const POSTGRES_SQL = String.raw`
create schema shop;
create table shop.people (id int primary key, name text, latin text, code text, score numeric(12,2), big bigint, small smallint, tiny boolean, ratio float8,
  born date, seen timestamp, stamp timestamptz, note text, data bytea);
insert into shop.people values
 (1, 'Ann', 'Ann', 'a', 10.50, 9007199254740993, 1, true, 0.1, '2020-01-31', '2020-01-31 10:20:30.123456', '2020-01-31 10:20:30.5Z', 'x', '\x00ff'),
 (2, 'ann', 'ann', 'A', 20.00, -9007199254740993, 2, false, -1.5, '2020-02-29', '2020-02-29 00:00:00', '2020-02-29 00:00:00Z', 'X', '\x01'),
 (3, 'Ann ', 'Ann ', 'b', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (4, 'ÄNN', 'ÄNN', 'B', -3.25, 9223372036854775807, -32768, true, 1e300, '1999-12-31', '1999-12-31 23:59:59.999999', '1999-12-31 23:59:59.999999Z', '', '\x'),
 (5, 'ann😀', 'änn', '', 0, 0, 0, false, 0, '0001-01-01', '0001-01-01 00:00:00', '1970-01-01 00:00:01Z', 'a\b''c"d', '\x0000'),
 (6, 'a%b', 'a%b', '?', 20.00, 5, 7, true, 3.5, '2024-06-15', '2024-06-15 12:00:00', '2024-06-15 12:00:00Z', '?', '\xff'),
 (7, 'a_b', 'a\b', 'z', 99.99, 5, 7, false, 3.5, '9999-12-31', '9999-12-31 23:59:59', NULL, 'äöü', '\xffff'),
 (8, NULL, NULL, NULL, 1.00, 5, 7, true, 2.5, '2020-01-01', '2020-01-01 00:00:01', NULL, NULL, NULL);
create table shop.visits (person int, n int, word text, at timestamp, cost numeric(8,3));
insert into shop.visits values (1, 1, 'Ann', '2020-01-01 08:00:00', 1.250), (1, 2, 'ann', '2020-01-15 09:30:00', 2.000), (2, 1, 'ANN', '2020-02-01 00:00:00', NULL),
 (4, 1, 'Ann ', '2020-04-30 23:59:59', 0.001), (6, 3, NULL, NULL, 10), (99, 1, 'a%b', '2021-12-31 10:00:00', 7.5), (NULL, 2, 'x', '2020-01-05 11:11:11', 3);
`

describe.skipIf(!mariadbInstalled())('MariaDB', () => {
  let mariadb: MariadbServer
  let postgres: PostgresServer
  let client: pg.Client
  let federation: Federation

  beforeAll(async () => {
    ;[mariadb, postgres] = await Promise.all([startMariadb(), startPostgres()])
    await mariadb.execute(MARIADB_SQL)
    await postgres.execute(POSTGRES_SQL)
    client = await postgres.connect()
    await client.query(`set search_path to shop; set timezone to 'UTC'`)
    const { host, port, user, password, database } = mariadb
    const source: SourceDefinition = {
      name: 'shop',
      connector: 'mysql',
      connection: { host, port, user, password, database },
      limits: {},
      discover: {},
      tables: [],
      directory: '/',
    }
    const open = connector.open(source)
    const { tables } = await open.discover({
      include: [],
      exclude: [],
      declared: [],
      signal: new AbortController().signal,
    })
    await open.close()
    federation = await Federation.start([
      { ...source, tables: tables.map((table) => tableFrom(table.from.split('.')[1]!, table)) },
    ])
  })

  afterAll(async () => {
    await federation?.close()
    await client?.end()
    await Promise.all([mariadb?.stop(), postgres?.stop()])
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

  test.each([
    ['select id from people where name = $1', ['ann']],
    ['select id from people where name = $1', [`a' or '1'='1`]],
    ['select id from people where name = $1', [null]],
    ['select id from people where latin = $1', ['😀']],
    ['select id from people where name = any ($1)', ['{ann,"Ann ",NULL,"a\\"b"}']],
    ['select id from people where big = any ($1)', ['{9007199254740993,5,6}']],
    ['select id from people where id <> all ($1)', ['{}']],
    ['select id from people where born > $1', ['infinity']],
    ['select id from people where born < $1', ['infinity']],
    ['select id from people where seen > $1', ['-infinity']],
    ['select id from people where ratio < $1', ['NaN']],
    ['select id from people where score < $1', ['NaN']],
    ['select id from people order by id limit $1', ['3']],
    ['select id from people order by id limit $1', [null]],
  ])('%s with %j', async (sql, parameters) => {
    const pushed = await federation.run(sql, 'on', parameters)
    expect(sorted(pushed.rows)).toEqual(sorted(await expected(sql, parameters)))
    expect(pushed.nodes, pushed.notes.join('; ')).toEqual(['remote-query'])
  })

  test('a text equality keeps the index of the column', async () => {
    const { sent } = await federation.run(`select id from people where name = 'ann'`)
    expect(sent).toEqual([
      'SELECT t1.`id` FROM `shop`.`people` AS t1 WHERE (t1.`name` = ? AND CAST(CONVERT(t1.`name` USING utf8mb4) AS BINARY) = CAST(CONVERT(? USING utf8mb4) AS BINARY))',
    ])
  })
})
