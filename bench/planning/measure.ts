/**
 * Times analysis and planning in this process, as the compiler's thread of a server does them that has been up for a while: compiled
 * code, all statements planned so many times in turn before the first is measured; no cache, no wire.
 */
import { Analyzer } from '../../src/analyzer/analyzer.js'
import { withNeighbours } from '../../src/connectors/neighbours.js'
import type { Pushdown } from '../../src/connectors/connector.js'
import { connectorOf } from '../../src/connectors/registry.js'
import { CATALOG_SOURCE } from '../../src/expressions/catalog-functions.js'
import { applyPolicies } from '../../src/governance/apply-policies.js'
import { DEFAULT_PLANNER_SETTINGS, planStatement } from '../../src/planner/plan-statement.js'
import { DEFAULT_VALUE_SETTINGS } from '../../src/session/settings/value-settings.js'
import { CATALOG_PUSHDOWN } from '../../src/system/catalog-pushdown.js'
import { median } from '../federation/measure.js'
import { PLANNING_STATEMENTS, planningCatalog } from './statements.js'

/** What analysis and planning of so many relations may take, in ms. */
const TARGETS: Readonly<Record<number, number>> = { 5: 5, 12: 50, 50: 200 }

export interface PlanningTime {
  readonly relations: number
  readonly shape: string
  /** Medians, ms. */
  readonly analysis: number
  readonly planner: number
  readonly total: number
  /** Median of the processor's time, ms: on a machine with other work it is what compares. */
  readonly processor: number
  readonly target: number
}

/** Times that each statement is planned before: the small ones run code that the large ones have made hot. */
const WARM_UP = 60
const RUNS = 31

/** Measures every statement whose size and shape contain `only`, one after the other, after all there are have been planned in turn. */
export async function* planningTimes(only = ''): AsyncGenerator<PlanningTime> {
  const catalog = planningCatalog()
  const analyzer = await Analyzer.start(catalog)
  try {
    const pushdowns = new Map<string, Pushdown>([[CATALOG_SOURCE, CATALOG_PUSHDOWN]])
    for (const source of catalog.sources) {
      const connector = await connectorOf(source.connector)
      pushdowns.set(
        source.name,
        connector.pushdown(withNeighbours(source, catalog.sources, connector)),
      )
    }
    const options = {
      ...{ user: 'bench', role: 'bench', searchPath: catalog.searchPath, settings: {} },
      values: DEFAULT_VALUE_SETTINGS,
      planner: {},
    }
    let seed = 0
    const compile = (sql: (seed: number) => string) => {
      const text = sql(seed++)
      const before = process.cpuUsage()
      const started = performance.now()
      const { logical } = analyzer.analyze(text, [], options)
      const analyzed = performance.now()
      if (logical === undefined) throw new Error(`Not planned: ${text}`)
      const governed = applyPolicies(logical, { catalog, user: 'bench', role: 'bench' })
      planStatement(governed, {
        catalog,
        pushdownOf: (source) => pushdowns.get(source)!,
        settings: DEFAULT_PLANNER_SETTINGS,
      })
      const ended = performance.now()
      const { user, system } = process.cpuUsage(before)
      return {
        ...{ analysis: analyzed - started, planner: ended - analyzed, total: ended - started },
        processor: (user + system) / 1000,
      }
    }
    const chosen = PLANNING_STATEMENTS.filter(({ relations, shape }) =>
      `${relations} ${shape}`.includes(only),
    )
    for (let i = 0; i < WARM_UP; i++) for (const { sql } of PLANNING_STATEMENTS) compile(sql)
    for (const { relations, shape, sql } of chosen) {
      const runs = Array.from({ length: RUNS }, () => compile(sql))
      const of = (figure: keyof (typeof runs)[number]) => median(runs.map((run) => run[figure]))
      yield {
        ...{ relations, shape, target: TARGETS[relations] ?? NaN },
        ...{ analysis: of('analysis'), planner: of('planner'), total: of('total') },
        processor: of('processor'),
      }
    }
  } finally {
    await analyzer.close()
  }
}
