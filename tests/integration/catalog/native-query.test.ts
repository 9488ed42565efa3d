/** Tables that a statement in the source's own language defines: discovered, locked with their lineage, queried with pushdown. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { parse } from 'yaml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SourceLock } from '../../../src/catalog/lock-file.js'
import { mariadbInstalled, startMariadb, type MariadbServer } from '../../servers/mariadb.js'
import { startPostgres, type PostgresServer } from '../../servers/postgres.js'
import {
  discoverSource,
  startTributary,
  type TributaryProcess,
} from '../../world/tributary-process.js'

let postgres: PostgresServer
let mariadb: MariadbServer
let tributary: TributaryProcess
let client: pg.Client
let directory: string

const SOURCES = {
  crm: (port: number) => `version: 1
kind: source
name: crm
connector: postgres
connection: {host: 127.0.0.1, port: ${port}, database: postgres, user: postgres, password: "\${env:NATIVE_PASSWORD}", tls: disable}
tables:
  - name: totals
    query: |
      SELECT o.customer, upper(c.name) AS name, c.mood, sum(o.amount)::numeric(12,2) AS amount, c.code
      FROM app.orders o JOIN app.customers c ON c.id = o.customer
      GROUP BY o.customer, c.name, c.mood, c.code; -- one row a customer
`,
  shop: (port: number, user: string) => `version: 1
kind: source
name: shop
connector: mysql
connection: {host: 127.0.0.1, port: ${port}, database: shop, user: ${user}, password: "\${env:NATIVE_PASSWORD}"}
tables:
  - name: stock
    query: WITH big AS (SELECT * FROM items WHERE quantity > 1) SELECT sku, SUM(quantity) AS pieces, MAX(price) AS price, MIN(added) AS added, COUNT(*) AS positions FROM big GROUP BY sku
`,
  lake: (root: string) => `version: 1
kind: source
name: lake
connector: files
connection: {root: ${JSON.stringify(root)}}
tables:
  - name: daily
    query: SELECT day, count(*) AS visits, list(page ORDER BY page) AS pages FROM read_csv('{root}/visits.csv') GROUP BY day
`,
}

describe.skipIf(!mariadbInstalled())('native query tables', () => {
  beforeAll(async () => {
    ;[postgres, mariadb] = await Promise.all([startPostgres(), startMariadb()])
    await postgres.execute(`
      CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('sad', 'ok');
      CREATE TABLE app.customers (id int, name varchar(20), mood app.mood, code text COLLATE "C");
      CREATE TABLE app.orders (customer int, amount numeric);
      INSERT INTO app.customers VALUES (1, 'Ann', 'ok', 'x'), (2, 'bob', 'sad', 'Y'), (3, 'çé', NULL, NULL);
      INSERT INTO app.orders SELECT i % 3 + 1, i * 1.005 FROM generate_series(1, 30) i;`)
    const connection = await mariadb.connect()
    await connection.query(
      `USE shop;
       CREATE TABLE items (sku varchar(10), quantity int unsigned, price decimal(8,2), added date);
       INSERT INTO items VALUES ('a', 1, 2.5, '2024-01-01'), ('a', 5, 3.5, '2024-01-02'), ('B', 7, 1, '2024-02-03'), ('b', 2, 99999.99, NULL)`,
    )
    await connection.end()
    directory = await mkdtemp(join(tmpdir(), 'tributary-native-'))
    const catalog = join(directory, 'catalog')
    const files = join(directory, 'files')
    await mkdir(join(catalog, 'sources'), { recursive: true })
    await mkdir(files)
    await writeFile(
      join(files, 'visits.csv'),
      'day,page\n2024-01-01,/b\n2024-01-01,/a\n2024-01-02,/c\n',
    )
    await writeFile(
      join(catalog, 'catalog.yaml'),
      'version: 1\nkind: catalog\nname: native\ndatabase: native\nsearch_path: [crm]\n',
    )
    await writeFile(join(catalog, 'sources', 'crm.yaml'), SOURCES.crm(postgres.port))
    await writeFile(join(catalog, 'sources', 'shop.yaml'), SOURCES.shop(mariadb.port, mariadb.user))
    await writeFile(join(catalog, 'sources', 'lake.yaml'), SOURCES.lake(files))
    const environment = { NATIVE_PASSWORD: 'secret' }
    for (const source of ['crm', 'shop', 'lake']) {
      await discoverSource(catalog, source, environment)
    }
    tributary = await startTributary(catalog, environment)
    client = new pg.Client({
      host: '127.0.0.1',
      port: tributary.port,
      user: 'tester',
      database: 'native',
    })
    await client.connect()
  })

  afterAll(async () => {
    await client?.end()
    await tributary?.stop()
    await Promise.all([postgres?.stop(), mariadb?.stop()])
    if (directory !== undefined) await rm(directory, { recursive: true, force: true })
  })

  const rows = async (sql: string): Promise<unknown[][]> =>
    (await client.query({ text: sql, rowMode: 'array' })).rows as unknown[][]
  const lockOf = async (source: string): Promise<SourceLock> =>
    parse(
      await readFile(join(directory, 'catalog', 'sources', `${source}.lock.yaml`), 'utf8'),
    ) as SourceLock

  test('the lock has their columns in PostgreSQL types, and the tables they read', async () => {
    const crm = (await lockOf('crm')).tables['query:totals']
    expect(crm?.reads).toEqual(['app.customers', 'app.orders'])
    expect(Object.entries(crm?.columns ?? {}).map(([name, c]) => [name, c.type])).toEqual([
      ['customer', 'integer'],
      ['name', 'text'],
      ['mood', 'app.mood'],
      ['amount', 'numeric(12,2)'],
      ['code', 'text'],
    ])
    expect(crm?.columns.code?.collation).toMatch(/^C \(/)
    const shop = (await lockOf('shop')).tables['query:stock']
    expect(shop?.reads).toEqual(['items'])
    expect(Object.entries(shop?.columns ?? {}).map(([name, c]) => [name, c.type])).toEqual([
      ['sku', 'text'],
      ['pieces', 'numeric(32,0)'],
      ['price', 'numeric(8,2)'],
      ['added', 'date'],
      ['positions', 'bigint'],
    ])
    const lake = (await lockOf('lake')).tables['query:daily']
    expect(Object.entries(lake?.columns ?? {}).map(([name, c]) => [name, c.type])).toEqual([
      ['day', 'date'],
      ['visits', 'bigint'],
      ['pages', 'text[]'],
    ])
  })

  test('a second discovery gives no diff', async () => {
    const file = (source: string) =>
      readFile(join(directory, 'catalog', 'sources', `${source}.lock.yaml`), 'utf8')
    for (const source of ['crm', 'shop', 'lake']) {
      const before = await file(source)
      await discoverSource(join(directory, 'catalog'), source, { NATIVE_PASSWORD: 'secret' })
      expect(await file(source)).toBe(before)
    }
  })

  test('a statement that the source refuses is named', async () => {
    const catalog = await mkdtemp(join(directory, 'refused-'))
    await cp(join(directory, 'catalog'), catalog, { recursive: true })
    for (const source of ['crm', 'shop', 'lake']) {
      const file = join(catalog, 'sources', `${source}.yaml`)
      const text = await readFile(file, 'utf8')
      await writeFile(file, text.replace(/query: [^]*$/, 'query: SELECT nope FROM nowhere'))
      const failure = discoverSource(catalog, source, { NATIVE_PASSWORD: 'secret' })
      const said = await failure.then(
        () => '',
        (error: unknown) => String(error),
      )
      // Its words stand in the log alone.
      expect(said).toMatch(
        new RegExp(`The query of table ${source}\\.\\w+ was refused by its source$`, 'm'),
      )
      expect(said).toMatch(/^\{.*"incident":.*nowhere.*\}$/m)
    }
  })

  test('they are read, filtered at the source, and joined with each other', async () => {
    expect(await rows(`SELECT name, mood, amount FROM crm.totals WHERE mood = 'ok'`)).toEqual([
      ['ANN', 'ok', '165.83'],
    ])
    expect(
      await rows(`SELECT sku, pieces, price, added::text, positions FROM shop.stock ORDER BY sku`),
    ).toEqual([
      ['B', '9', '99999.99', '2024-02-03', '2'],
      ['a', '5', '3.50', '2024-01-02', '1'],
    ])
    expect(await rows(`SELECT day::text, visits, pages FROM lake.daily ORDER BY day`)).toEqual([
      ['2024-01-01', '2', ['/a', '/b']],
      ['2024-01-02', '1', ['/c']],
    ])
    expect(
      await rows(
        `SELECT t.customer, d.visits FROM crm.totals t JOIN lake.daily d ON d.visits = t.customer ORDER BY 1`,
      ),
    ).toEqual([
      [1, '1'],
      [2, '2'],
    ])
    const plan = (await rows(`EXPLAIN SELECT name FROM crm.totals WHERE amount > 150`))
      .flat()
      .join('\n')
    expect(plan).toContain('FROM (SELECT o.customer')
    expect(plan).toMatch(/WHERE .*"amount" > \$1/)
  })
})
