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

/** Every shape at every size. */
export const PLANNING_STATEMENTS: readonly PlanningStatement[] = [5, 12, MOST_RELATIONS].flatMap(
  (relations) =>
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
