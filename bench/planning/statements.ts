/** Statements of so many relations over a made-up company: four systems, tables of a few to millions of rows. */
import type { Catalog, ColumnDefinition, TableDefinition } from '../../src/catalog/catalog.js'

/** Systems and how their sources are declared; tables go round. */
const SYSTEMS = [
  ['sales', 'postgres'],
  ['stock', 'mysql'],
  ['web', 'postgres'],
  ['lake', 'files'],
] as const

/** Relations of the largest statement. */
export const MOST_RELATIONS = 50

const COLUMNS = ['id', 'parent_id', 'kind', 'amount', 'name', 'day'] as const
const TYPES: Readonly<Record<(typeof COLUMNS)[number], string>> = {
  ...{ id: 'bigint', parent_id: 'bigint', kind: 'integer' },
  ...{ amount: 'numeric(12,2)', name: 'text', day: 'date' },
}

/** `t0` is the largest; each of the others has rows of its own order. */
function rowsOf(index: number): number {
  return index === 0 ? 5_000_000 : 10 ** (1 + (index % 6))
}

/** The system of a table: seven neighbours in turn live together. */
function systemOf(index: number): number {
  return Math.floor(index / 3) % SYSTEMS.length
}

function tableOf(index: number): TableDefinition {
  const rows = rowsOf(index)
  const columns = COLUMNS.map((name): ColumnDefinition => ({
    ...{ name, from: name, type: TYPES[name], notNull: name === 'id' },
    ...{ hidden: false, tags: [], options: {} },
  }))
  const statistics = {
    rows,
    columns: {
      id: { distinct: rows },
      parent_id: { distinct: Math.ceil(rows / 5) },
      kind: { distinct: 20, min: '0', max: '19' },
      name: { distinct: Math.ceil(rows / 2), width: 20 },
      day: { distinct: 1000, min: '2020-01-01', max: '2024-12-31' },
    },
  }
  const keys = { primaryKey: ['id'], unique: [], foreignKeys: [], indexes: [['parent_id']] }
  const from = SYSTEMS[systemOf(index)]![1] === 'files' ? `t${index}.parquet` : `main.t${index}`
  return { name: `t${index}`, from, columns, ...keys, rely: true, statistics, requireFilter: [], options: {} } // prettier-ignore
}

/** The catalog: nothing answers at its sources. */
export function planningCatalog(): Catalog {
  const tables = Array.from({ length: MOST_RELATIONS }, (_, index) => index)
  const sources = SYSTEMS.map(([name, connector], system) => ({
    ...{ name, connector, limits: {}, discover: {}, directory: '/' },
    connection: { host: name, user: 'u', database: 'main', root: '/nowhere' },
    tables: tables.filter((index) => systemOf(index) === system).map(tableOf),
    server: { product: 'PostgreSQL', version: '18.0', collation: 'C.UTF-8 (builtin)' },
  }))
  return {
    ...{ name: 'planning', database: 'planning', timezone: 'UTC', version: '1' },
    searchPath: SYSTEMS.map(([name]) => name),
    ...{ statementTimeout: 0, sources, views: [] },
    principals: { roles: {}, users: {}, open: true },
  }
}

export interface PlanningStatement {
  readonly shape: string
  readonly relations: number
  /** `seed` goes into a constant, so that no cache answers. */
  sql(seed: number): string
}

/** How the i-th relation is joined to those before it. */
const SHAPES: Readonly<Record<string, (index: number) => string>> = {
  star: (index) => `t${index}.id = t0.${index % 2 === 0 ? 'kind' : 'parent_id'}`,
  chain: (index) => `t${index}.parent_id = t${index - 1}.id`,
  tree: (index) => `t${index}.parent_id = t${Math.floor((index - 1) / 3)}.id`,
  'outer joins': (index) => `t${index}.parent_id = t${Math.floor((index - 1) / 3)}.id`,
}

/** Tables of WITH that several references read: which of them run once is found out by planning. */
const WITH_STATEMENTS: readonly PlanningStatement[] = [
  {
    shape: 'WITH, apart',
    relations: 5,
    sql: (seed) => `WITH t AS (SELECT parent_id, kind, count(*) AS n, sum(amount) AS s FROM t0
        WHERE day > DATE '2023-01-01' GROUP BY parent_id, kind)
      SELECT c.name, a.n, b.s FROM t4 c JOIN t a ON a.parent_id = c.id AND a.kind = 7
        JOIN t b ON b.parent_id = c.parent_id AND b.kind = 9 JOIN t6 ON t6.id = a.n JOIN t9 ON t9.id = b.n LIMIT ${100 + seed}`,
  },
  {
    shape: 'WITH, once',
    relations: 5,
    sql: (seed) => `WITH t AS (SELECT parent_id, kind, count(*) AS n FROM t1 GROUP BY 1, 2)
      SELECT f.name, a.n, b.n AS m, count(*) FROM t0 f JOIN t5 ON t5.id = f.parent_id JOIN t6 ON t6.id = t5.parent_id
        JOIN t a ON a.parent_id = t5.id JOIN t b ON b.kind = t5.kind GROUP BY 1, 2, 3 LIMIT ${100 + seed}`,
  },
  {
    shape: 'WITH, four tables',
    relations: 12,
    sql: (seed) => {
      const branch = (column: string, kind: number) =>
        `SELECT x.name, a.n, b.n, c.n, d.n FROM t4 x JOIN a ON a.parent_id = x.${column} JOIN b ON b.name = x.name
          JOIN c ON c.kind = a.kind JOIN d ON d.name = x.name WHERE x.kind = ${kind}`
      return `WITH a AS (SELECT parent_id, kind, count(*) AS n FROM t0 GROUP BY 1, 2),
        b AS (SELECT kind, name, sum(amount) AS n FROM t5 GROUP BY 1, 2),
        c AS (SELECT kind, max(day) AS n FROM t7 GROUP BY 1),
        d AS (SELECT name, parent_id, max(amount) AS n FROM t11 GROUP BY 1, 2)
        ${branch('id', 7)} UNION ALL ${branch('parent_id', 8)} LIMIT ${100 + seed}`
    },
  },
]

/** Every shape at every size. */
const JOINS: readonly PlanningStatement[] = [5, 12, MOST_RELATIONS].flatMap((relations) =>
  Object.entries(SHAPES).map(([shape, condition]) => ({
    shape,
    relations,
    sql: (seed: number) => {
      const joins = Array.from({ length: relations - 1 }, (_, i) => {
        const word = shape === 'outer joins' && i % 2 === 1 ? 'LEFT JOIN' : 'JOIN'
        return `${word} t${i + 1} ON ${condition(i + 1)}`
      })
      return `SELECT t0.name, count(*), sum(t1.amount) FROM t0 ${joins.join(' ')}
          WHERE t0.day > DATE '2023-01-01' AND t2.kind = 7 AND t${relations - 2}.amount > 10
          GROUP BY t0.name ORDER BY 2 DESC LIMIT ${100 + seed}`
    },
  })),
)

/** A page of the rows of joins, in no order: whether few rows of a side do is found out by planning. */
const LISTINGS: readonly PlanningStatement[] = [5, 12].flatMap((relations) =>
  ['chain', 'star', 'tree'].map((shape) => ({
    shape: `listing, ${shape}`,
    relations,
    sql: (seed: number) => {
      const joins = Array.from(
        { length: relations - 1 },
        (_, i) => `JOIN t${i + 1} ON ${SHAPES[shape]!(i + 1)}`,
      )
      return `SELECT t0.name, t1.amount, t2.day, t${relations - 1}.name FROM t0 ${joins.join(' ')}
          WHERE t0.amount > ${seed} LIMIT 20`
    },
  })),
)

/** The same where some of the tables are filtered: all that is tried may be in vain. */
const FILTERED_LISTINGS = LISTINGS.map(({ shape, relations, sql }): PlanningStatement => ({
  shape: shape.replace('listing', 'filtered listing'),
  relations,
  sql: (seed) =>
    sql(seed).replace(
      'LIMIT',
      `AND t0.day > DATE '2023-01-01' AND t2.kind = 7 AND t${relations - 2}.amount > 10 LIMIT`,
    ),
}))

export const PLANNING_STATEMENTS: readonly PlanningStatement[] = [
  ...JOINS,
  ...LISTINGS,
  ...FILTERED_LISTINGS,
  ...WITH_STATEMENTS,
]
