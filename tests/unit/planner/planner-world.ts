/** A catalog of the basic test tables spread over two pretend sources, and what planner tests do with it. */
import type { Analyzer } from '../../../src/analyzer/analyzer.js'
import type {
  Catalog,
  ColumnStatistics,
  ForeignKey,
  TableDefinition,
} from '../../../src/catalog/catalog.js'
import { EXACT } from '../../../src/connectors/connector.js'
import type { Pushdown } from '../../../src/connectors/connector.js'
import { CAPABILITIES } from '../../../src/connectors/postgres/capabilities.js'
import { postgresDialect } from '../../../src/connectors/postgres/postgres-dialect.js'
import { printPlan } from '../../../src/connectors/sql/print-plan.js'
import { applyPolicies } from '../../../src/governance/apply-policies.js'
import { columnsOf } from '../../../src/planner/logical-plan.js'
import type { LogicalPlan } from '../../../src/planner/logical-plan.js'
import { DEFAULT_PLANNER_SETTINGS } from '../../../src/planner/plan-statement.js'
import type { PlannerContext, PlannerSettings } from '../../../src/planner/plan-statement.js'
import type { CompileOptions } from '../../../src/session/compiler/compiled-statement.js'
import { DEFAULT_VALUE_SETTINGS } from '../../../src/session/settings/value-settings.js'
import { BASIC_TABLES } from '../../world/basic-tables.js'
import type { WorldTable } from '../../world/table.js'

/** The pretend source each table lives in; all others are in `east`. */
const WEST = new Set(['orders', 'item', 'event'])

/** What holds in the basic tables: every item that has a product number has one of a product. */
const FOREIGN_KEYS: Readonly<Record<string, readonly ForeignKey[]>> = {
  item: [{ columns: ['sku'], references: 'east.product', to: ['sku'], rely: true }],
}

function tableOf(table: WorldTable): TableDefinition {
  const statistics: Record<string, { distinct: number }> = {}
  table.columns.forEach((column, index) => {
    const values = new Set(table.rows.map((row) => row[index]))
    statistics[column.name] = { distinct: values.size }
  })
  return {
    name: table.name,
    from: `public.${table.name}`,
    columns: table.columns.map((column) => ({
      name: column.name,
      from: column.name,
      type: column.type,
      notNull: table.primaryKey?.includes(column.name) ?? false,
      hidden: false,
      tags: [],
      options: {},
    })),
    primaryKey: table.primaryKey ?? [],
    unique: [],
    foreignKeys: FOREIGN_KEYS[table.name] ?? [],
    indexes: [],
    rely: true,
    statistics: { rows: table.rows.length, columns: statistics },
    requireFilter: [],
    options: {},
  }
}

/** A source of pretence: nothing answers there. */
export function catalogOf(tables: readonly WorldTable[]): Catalog {
  const sourceOf = (name: string, wanted: (table: WorldTable) => boolean) => ({
    name,
    connector: 'postgres',
    connection: {},
    limits: {},
    discover: {},
    tables: tables.filter(wanted).map(tableOf),
    directory: '/',
  })
  return {
    name: 'test',
    database: 'test',
    searchPath: ['east', 'west'],
    timezone: 'UTC',
    version: '1',
    statementTimeout: 0,
    sources: [
      sourceOf('east', (table) => !WEST.has(table.name)),
      sourceOf('west', (table) => WEST.has(table.name)),
    ],
    views: [],
    principals: { roles: {}, users: {}, open: true },
  }
}

/** The catalog with other statistics of its tables. */
export function withStatistics(
  catalog: Catalog,
  change: (table: TableDefinition, source: string) => TableDefinition['statistics'],
): Catalog {
  return {
    ...catalog,
    sources: catalog.sources.map((source) => ({
      ...source,
      tables: source.tables.map((table) => ({ ...table, statistics: change(table, source.name) })),
    })),
  }
}

/** The catalog with what servers tell of their columns: nulls, ends, common values, and the bounds of a hundred shares of the others. */
export function measured(catalog: Catalog, tables: readonly WorldTable[]): Catalog {
  const statisticsOf = (table: string, column: string): ColumnStatistics => {
    const { columns, rows } = tables.find(({ name }) => name === table)!
    const index = columns.findIndex(({ name }) => name === column)
    const isNumber = /^(int|bigint|numeric)/.test(columns[index]!.type)
    const values = rows.flatMap((row) => (row[index] === null ? [] : [row[index] as string]))
    const sorted = values.toSorted((a, b) => (isNumber ? Number(a) - Number(b) : a < b ? -1 : 1))
    const distinct = new Set(values).size
    const known = {
      ...{ distinct, nullFraction: 1 - values.length / rows.length },
      ...{ min: sorted[0]!, max: sorted.at(-1)! },
    }
    if (distinct <= 10) {
      const shareOf = (value: string) => values.filter((v) => v === value).length / rows.length
      const mostCommon = [...new Set(values)].map((value) => ({ value, share: shareOf(value) }))
      return { ...known, mostCommon }
    }
    const histogram = Array.from(
      { length: 101 },
      (_, n) => sorted[Math.floor((n * (sorted.length - 1)) / 100)]!,
    )
    return { ...known, histogram }
  }
  return withStatistics(catalog, ({ name: table, statistics }) => ({
    ...statistics,
    columns: Object.fromEntries(
      Object.keys(statistics.columns).map((name) => [name, statisticsOf(table, name)]),
    ),
  }))
}

/** A catalog that takes the tables of one source for so many times as large: what pays for large tables alone is then done. */
export function enlarged(catalog: Catalog, source: string, factor: number): Catalog {
  return withStatistics(catalog, ({ statistics, primaryKey }, name) => {
    if (name !== source) return statistics
    const rows = (statistics.rows ?? 0) * factor
    const keys = primaryKey.map((key) => [key, { distinct: rows }] as const)
    return { ...statistics, rows, columns: { ...statistics.columns, ...Object.fromEntries(keys) } }
  })
}

/** A catalog that is wrong about the rows of a table. */
export function lying(catalog: Catalog, table: string, rows: number): Catalog {
  return withStatistics(catalog, ({ name, statistics }) =>
    name === table ? { ...statistics, rows } : statistics,
  )
}

export const BASIC_CATALOG: Catalog = catalogOf(BASIC_TABLES)

/** Judges as a test says, and prints PostgreSQL. */
export function pretendPushdown(site: string, judgements: Partial<Pushdown> = {}): Pushdown {
  return {
    site,
    maximumKeys: 1_000,
    grouping: CAPABILITIES.grouping!,
    judgeExpression: () => EXACT,
    judgeNode: () => EXACT,
    print(fragment: LogicalPlan) {
      const dialect = {
        ...postgresDialect,
        scan: (node: Extract<LogicalPlan, { kind: 'scan' }>) => ({
          text: node.table,
          columns: node.tableColumns,
        }),
      }
      const { text, parameters } = printPlan(fragment, dialect)
      return { text, parameters, columns: columnsOf(fragment) }
    },
    ...judgements,
  }
}

/** A planner context over the basic catalog. */
export function plannerContext(
  settings: Partial<PlannerSettings> = {},
  pushdownOf: (source: string) => Pushdown = (source) => pretendPushdown(source),
): PlannerContext {
  return {
    catalog: BASIC_CATALOG,
    pushdownOf,
    settings: { ...DEFAULT_PLANNER_SETTINGS, validateEachRule: true, ...settings },
  }
}

export const COMPILE_OPTIONS: CompileOptions = {
  user: 'tester',
  role: 'tester',
  searchPath: ['east', 'west', 'public'],
  values: DEFAULT_VALUE_SETTINGS,
  planner: {},
  settings: {},
}

/** The governed logical plan of a statement. */
export function logicalOf(analyzer: Analyzer, sql: string): LogicalPlan {
  const { logical } = analyzer.analyze(sql, [], COMPILE_OPTIONS)
  if (logical === undefined) throw new Error(`No plan for ${sql}`)
  return applyPolicies(logical, { catalog: BASIC_CATALOG, user: 'tester', role: 'tester' })
}
