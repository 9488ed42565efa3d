/**
 * What a statement costs at least with a common table one way or the other, told without planning it. Once, the rows of the table are
 * kept here, and come here where a source makes them: all of them, since no filter reaches them. Apart, filters and keys may keep the
 * sources of the table from sending anything; but what other sources send, they send either way.
 *
 * Tempting and wrong: to take what a source of the table sends for other parts of the statement as sent either way. Apart,
 * the table and these parts may meet in one statement there.
 */
import { COST, costOfMoving } from './estimates/cost.js'
import type { RowEstimator } from './estimates/estimate-rows.js'
import type { SourcePrices } from './estimates/source-prices.js'
import type { CommonTable, LogicalPlan } from './logical-plan.js'
import { scansOf, visitPlans } from './walk-plans.js'

/** What is known around a statement's plan. */
export interface Surroundings {
  readonly estimator: RowEstimator
  /** The site of a source; undefined: none but its own. */
  siteOf(source: string): string | undefined
  pricesOf(source: string): SourcePrices
  /** Tells whether a whole plan would run at its source, as one statement. */
  isOneFragment(plan: LogicalPlan): boolean
}

/** What a statement costs at least that runs a common table once; of rows without a width, as most columns may be left out. */
export function leastCostOnce({ plan }: CommonTable, around: Surroundings): number {
  const rows = around.estimator.rows(plan)
  const source = scansOf(plan)[0]?.source
  if (rows === undefined || source === undefined) return 0
  const keeping = rows * COST.rowHashed
  if (!around.isOneFragment(plan)) return keeping
  return keeping + costOfMoving(rows, 0, around.pricesOf(source))
}

/**
 * Tells whether a common table that runs once is likely to be most of what a statement costs: a source sends its rows, and they are more
 * than a tenth of all the rows that there are elsewhere.
 */
export function isMuchOnce(
  table: CommonTable,
  statement: LogicalPlan,
  around: Surroundings,
): boolean {
  const isThere = sourcesReadBy(table, statement, around)
  const others = scansOf(statement).filter(({ source }) => !isThere(source))
  const elsewhere = others.reduce((sum, scan) => sum + (around.estimator.rows(scan) ?? 0), 0)
  const rows = around.estimator.rows(table.plan) ?? 0
  return others.length > 0 && rows > elsewhere / 10 && around.isOneFragment(table.plan)
}

/** Tells of sources whether a common table reads at their sites, by other common tables too. */
export function sourcesReadBy(
  table: CommonTable,
  statement: LogicalPlan,
  { siteOf }: Surroundings,
): (source: string) => boolean {
  const plans = new Map<number, LogicalPlan>()
  visitPlans(statement, (node) => {
    if (node.kind === 'with') for (const { id, plan } of node.tables) plans.set(id, plan)
  })
  const placeOf = (source: string) => siteOf(source) ?? source
  const places = new Set<string>()
  const seen = new Set<number>()
  const add = (plan: LogicalPlan): void => {
    for (const { source } of scansOf(plan)) places.add(placeOf(source))
    visitPlans(plan, (node) => {
      if (node.kind !== 'cte-reference' || seen.has(node.cte)) return
      seen.add(node.cte)
      const read = plans.get(node.cte)
      if (read !== undefined) add(read)
    })
  }
  add(table.plan)
  return (source) => places.has(placeOf(source))
}
