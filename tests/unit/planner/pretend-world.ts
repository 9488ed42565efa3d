/** The frame of tests over pretend sources: plans of statements, rows that moved, and the one PostgreSQL's answer beside them. */
import { afterAll, beforeAll, expect } from 'vitest'
import { Analyzer } from '../../../src/analyzer/analyzer.js'
import type { Catalog } from '../../../src/catalog/catalog.js'
import type { Pushdown } from '../../../src/connectors/connector.js'
import { applyPolicies } from '../../../src/governance/apply-policies.js'
import { renderPlan } from '../../../src/planner/explain/explain.js'
import { inputsOf } from '../../../src/planner/physical-plan.js'
import type { PhysicalPlan } from '../../../src/planner/physical-plan.js'
import { DEFAULT_PLANNER_SETTINGS, planStatement } from '../../../src/planner/plan-statement.js'
import type { PlannedStatement } from '../../../src/planner/plan-statement.js'
import type { Departure } from '../../../src/planner/estimates/sensitive-parameters.js'
import type { PricesBySource } from '../../../src/planner/estimates/source-prices.js'
import type { Datum } from '../../../src/types/sql-type.js'
import { differenceOfCut } from '../../world/compare.js'
import type { Cut } from '../../world/compare.js'
import type { WorldTable } from '../../world/table.js'
import { catalogOf, COMPILE_OPTIONS, pretendPushdown } from './planner-world.js'
import { PretendSources } from './pretend-sources.js'
import type { Rows } from './pretend-sources.js'

/** What a block of tests asks of its tables. */
export interface PretendWorld {
  /** Plans a statement; sources judge as said, the catalog is the block's unless given. */
  plan(
    sql: string,
    judgements?: Partial<Pushdown>,
    catalog?: Catalog,
    known?: KnownToPlanner,
  ): PlannedStatement
  /** Runs a plan of the statement, expects PostgreSQL's answer (in its order, if said), and counts the rows that came and went. */
  run(
    sql: string,
    plan: PhysicalPlan,
    order?: 'any order' | 'in order',
    parameters?: readonly Datum[],
  ): Promise<{ readonly moved: number; readonly shipped: number }>
  /**
   * Runs a plan of a statement with a LIMIT and no order, expects as many rows of PostgreSQL's answer without the LIMIT as it leaves, whichever
   * they are, and counts the rows that came. `memory`: bytes that the plan may hold.
   */
  runSome(
    whole: string,
    plan: PhysicalPlan,
    cut: Cut,
    options?: { readonly parameters?: readonly Datum[]; readonly memory?: number },
  ): Promise<{ readonly moved: number; readonly peak: number }>
  /** How many rows a statement has. */
  count(sql: string): number
}

/** What a plan may be made for besides the statement. */
export interface KnownToPlanner {
  readonly prices?: PricesBySource
  /** Of the statement's parameters, as far from what the generic plan takes for granted. */
  readonly values?: Departure
}

/** Starts analyzer and sources before the tests of the block that calls it, and ends them after. */
export function usePretendWorld(
  tables: readonly WorldTable[],
  catalog: Catalog = catalogOf(tables),
  judgementsOfAll: Partial<Pushdown> = {},
): PretendWorld {
  let analyzer: Analyzer
  let sources: PretendSources
  beforeAll(async () => {
    analyzer = await Analyzer.start(catalog)
    sources = await PretendSources.start(tables)
  }, 60_000)
  afterAll(async () => {
    await analyzer?.close()
    await sources?.close()
  })
  return {
    plan(sql, judgements = {}, known = catalog, { prices, values } = {}) {
      const { logical } = analyzer.analyze(sql, [], COMPILE_OPTIONS)
      const governed = applyPolicies(logical!, { catalog: known, user: 'tester', role: 'tester' })
      return planStatement(governed, {
        catalog: known,
        pushdownOf: (source) => pretendPushdown(source, { ...judgementsOfAll, ...judgements }),
        settings: {
          ...{ ...DEFAULT_PLANNER_SETTINGS, validateEachRule: true },
          ...(values === undefined ? {} : { assumed: values.assumed, atMost: values.atMost }),
        },
        ...(prices === undefined ? {} : { prices }),
      })
    },
    async run(sql, plan, order = 'any order', parameters = []) {
      const arranged = order === 'in order' ? (rows: Rows) => rows : sorted
      sources.rowsMoved = 0
      const rows = await sources.run(plan, parameters)
      expect(arranged(rows), textOf(plan)).toEqual(arranged(sources.query(sql, parameters)))
      return { moved: sources.rowsMoved, shipped: sources.shipped }
    },
    async runSome(whole, plan, cut, { parameters = [], memory } = {}) {
      sources.rowsMoved = 0
      const rows = await sources.run(plan, parameters, memory)
      const all = sources.query(whole, parameters)
      const difference = differenceOfCut(all.map(asText), rows.map(asText), cut)
      expect(difference, textOf(plan)).toBeUndefined()
      return { moved: sources.rowsMoved, peak: sources.peak }
    },
    count: (sql) => Number(sources.query(`SELECT count(*) FROM (${sql}) x`)[0]![0]),
  }
}

/** EXPLAIN's text. */
export function textOf(plan: PhysicalPlan): string {
  return renderPlan(plan, { format: 'text', verbose: false, costs: false }).join('\n')
}

/** How many nodes of a kind a plan has. */
export function countNodes(plan: PhysicalPlan, kind: PhysicalPlan['kind']): number {
  const below = inputsOf(plan).reduce((sum, input) => sum + countNodes(input, kind), 0)
  return below + (plan.kind === kind ? 1 : 0)
}

/** 1 to `count`. */
export const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)

const asText = (row: Rows[number]): string => JSON.stringify(row)
const sorted = (rows: Rows): string[] => rows.map(asText).toSorted()
