/** Sources that differ in nothing but their names are one site: what joins tables of both is one remote statement. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SourceDefinition, TableDefinition } from '../../../src/catalog/catalog.js'
import { connectorOf } from '../../../src/connectors/registry.js'
import type { RemoteQueryPlan } from '../../../src/planner/physical-plan.js'
import { mariadbInstalled, startMariadb, type MariadbServer } from '../../servers/mariadb.js'
import { startPostgres, type PostgresServer } from '../../servers/postgres.js'
import { Federation, type Outcome } from './federation.js'

function table(name: string, changes: Partial<TableDefinition>): TableDefinition {
  const column = (from: string, type: string) => ({
    ...{ name: from, from, type, notNull: false, hidden: false, tags: [], options: {} },
  })
  return {
    ...{ name, columns: [column('id', 'integer'), column('amount', 'integer')] },
    ...{ primaryKey: [], unique: [], foreignKeys: [], indexes: [], rely: false },
    ...{ statistics: { columns: {} }, requireFilter: [], options: {} },
    ...changes,
  }
}

function source(
  name: string,
  connector: string,
  connection: SourceDefinition['connection'],
  tables: readonly TableDefinition[],
  changes: Partial<SourceDefinition> = {},
): SourceDefinition {
  const base = { name, connector, connection, tables, limits: {}, discover: {}, directory: '/' }
  return { ...base, ...changes }
}

/** Of `left.t` and `right.t`: rows with the same id; both tables have the same name. */
const JOIN = `SELECT l.id, l.amount + r.amount FROM "left".t l JOIN "right".t r ON r.id = l.id`
const GROUPED = `SELECT sum(l.amount), count(r.id) FROM "left".t l LEFT JOIN "right".t r ON r.id = l.id`

async function run(sources: readonly SourceDefinition[], sql: string): Promise<Outcome> {
  const federation = await Federation.start(sources)
  try {
    return await federation.run(sql)
  } finally {
    await federation.close()
  }
}

/** Checks the answers, and into how many remote statements each went. */
async function answers(sources: readonly SourceDefinition[], statements: number): Promise<void> {
  const joined = await run(sources, JOIN)
  expect(joined.rows.toSorted()).toEqual([
    ['2', '220'],
    ['3', '330'],
  ])
  expect(joined.sent, joined.sent.join('\n')).toHaveLength(statements)
  const grouped = await run(sources, GROUPED)
  expect(grouped.rows).toEqual([['60', '2']])
  expect(grouped.sent, grouped.sent.join('\n')).toHaveLength(statements)
}

describe('two sources on one PostgreSQL database', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
    await server.execute(`
      CREATE SCHEMA a; CREATE SCHEMA b;
      CREATE TABLE a.t AS SELECT i AS id, i * 10 AS amount FROM generate_series(1, 3) i;
      CREATE TABLE b.t AS SELECT i AS id, i * 100 AS amount FROM generate_series(2, 5) i;
      CREATE USER other PASSWORD 'other'; GRANT USAGE ON SCHEMA b TO other; GRANT SELECT ON b.t TO other`)
  }, 60_000)
  afterAll(() => server?.stop())

  const sources = (changes: SourceDefinition['connection'], limits = {}) => {
    const { host, port, user, password, database } = server
    const connection = { host, port, user, password, database, tls: 'disable' }
    return [
      source('left', 'postgres', connection, [table('t', { from: 'a.t' })]),
      source('right', 'postgres', { ...connection, ...changes }, [table('t', { from: 'b.t' })], {
        limits,
      }),
    ]
  }

  it('join in one remote statement', () => answers(sources({}), 1))
  it('are two where the users differ', () =>
    answers(sources({ user: 'other', password: 'other' }), 2))
  it('are two where their statements have different limits', () =>
    answers(sources({}, { statementTimeout: 5000 }), 2))
  it('share common tables, and say so in the plan', async () => {
    const both = await run(
      sources({}),
      `WITH x AS MATERIALIZED (SELECT id FROM "left".t) SELECT count(*) FROM x, x y, "right".t r WHERE x.id = r.id AND y.id = r.id`,
    )
    expect(both.rows).toEqual([['2']])
    expect(both.sent).toHaveLength(1)
    const { source, neighbours = [] } = both.plan as RemoteQueryPlan
    expect([source, ...neighbours].sort()).toEqual(['left', 'right'])
  })
})

describe.skipIf(!mariadbInstalled())('two sources on one MariaDB server (needs MariaDB)', () => {
  let server: MariadbServer
  beforeAll(async () => {
    server = await startMariadb()
    await server.execute(`
      CREATE TABLE t (id int, amount int); INSERT INTO t VALUES (1, 10), (2, 20), (3, 30);
      CREATE DATABASE b; CREATE TABLE b.t (id int, amount int);
      INSERT INTO b.t VALUES (2, 200), (3, 300), (4, 400), (5, 500)`)
  }, 60_000)
  afterAll(() => server?.stop())

  const sources = (right: Partial<TableDefinition>) => {
    const { host, port, database } = server
    const connection = { host, port, user: 'root', password: '', database }
    return [
      source('left', 'mysql', connection, [table('t', { from: 't' })]),
      source('right', 'mysql', { ...connection, database: 'b' }, [table('t', right)]),
    ]
  }

  it('join in one remote statement, a bare name completed from its own connection', () =>
    answers(sources({ from: 't' }), 1))
  it('and a full one as it is', () => answers(sources({ from: 'b.t' }), 1))
  it('but a statement in MySQL’s own language stays in its own database', () =>
    answers(sources({ query: 'SELECT id, amount FROM t' }), 2))
})

describe('two sources of files', () => {
  let root: string
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'tributary-sites-'))
    for (const [name, rows] of [
      ['a', '1,10\n2,20\n3,30\n'],
      ['b', '2,200\n3,300\n4,400\n5,500\n'],
    ] as const) {
      await mkdir(join(root, name))
      await writeFile(join(root, name, 't.csv'), `id,amount\n${rows}`)
    }
    await writeFile(join(root, 'b', 'drifted.csv'), 'id,sum\n1,2\n')
  })
  afterAll(() => rm(root, { recursive: true, force: true }))

  const sources = (right: Partial<TableDefinition>, changes = {}) => [
    source('left', 'files', { root: join(root, 'a') }, [table('t', { from: 't.csv' })]),
    source('right', 'files', { root: join(root, 'b'), ...changes }, [table('t', right)]),
  ]

  it('join in one statement of one DuckDB', () => answers(sources({ from: 't.csv' }), 1))
  it('are two where their memory differs', () =>
    answers(sources({ from: 't.csv' }, { memory_limit: '128MB' }), 2))
  it('name the file at fault, whichever source it is in', async () => {
    await expect(run(sources({ from: 'drifted.csv' }), JOIN)).rejects.toThrow(
      /drifted\.csv of table t of source "right" has no column "amount"/,
    )
  })
  it('read below the roots of the tables they name, and no other’s', async () => {
    const left = source('left', 'files', { root: join(root, 'a') }, [
      table('t', { query: `SELECT id, amount FROM read_csv('${join(root, 'b', 't.csv')}')` }),
    ])
    const [, right] = sources({ from: 't.csv' })
    await expect(run([left, right!], 'SELECT * FROM "left".t')).rejects.toThrow(
      /may read files below its root only/,
    )
  })
})

describe('what makes a site', () => {
  const CASES: readonly (readonly [string, string, object, object, boolean])[] = [
    ['the same database', 'mongodb', { uri: 'mongodb://h/d' }, { uri: 'mongodb://h/d' }, true],
    ['another database', 'mongodb', { uri: 'mongodb://h/d' }, { uri: 'mongodb://h/e' }, false],
    ['another user', 'mongodb', { uri: 'mongodb://a:x@h/d' }, { uri: 'mongodb://b:x@h/d' }, false],
    ['another dataset', 'bigquery', { project: 'p', dataset: 'a' }, { project: 'p', dataset: 'b' }, true], // prettier-ignore
    ['another location', 'bigquery', { project: 'p', location: 'EU' }, { project: 'p' }, false],
    ['another token', 'bigquery', { project: 'p', access_token: 'a' }, { project: 'p', access_token: 'b' }, false], // prettier-ignore
    ['another schema', 'snowflake', { account: 'a', user: 'u', schema: 'S' }, { account: 'a', user: 'u' }, true], // prettier-ignore
    ['another role', 'snowflake', { account: 'a', user: 'u', role: 'R' }, { account: 'a', user: 'u' }, false], // prettier-ignore
  ]
  for (const [what, kind, left, right, same] of CASES) {
    it(`${kind}: ${what}`, async () => {
      const connector = await connectorOf(kind)
      const siteOf = (connection: object) =>
        connector.pushdown(source('s', kind, connection as SourceDefinition['connection'], [])).site
      expect(siteOf(left) === siteOf(right)).toBe(same)
      expect(siteOf(left)).not.toContain('x@')
    })
  }
})
