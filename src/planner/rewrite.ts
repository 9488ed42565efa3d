/**
 * The driver of the rewrite rules: walks the plan inputs first, applies the rules of a phase to a fixed point
 * within a budget, honours the off switches, and checks the plan.
 */
import type { Catalog } from '../catalog/catalog.js'
import type { GroupingPrice } from './estimates/cost.js'
import type { ColumnId } from '../expressions/expression.js'
import type { RowEstimator } from './estimates/estimate-rows.js'
import type { MostByParameter } from './estimates/row-counts.js'
import type { SourcePrices } from './estimates/source-prices.js'
import { mapExpressions, mapInputs } from './plan-traversal.js'
import { holdsSubquery, mapSubqueries } from './walk-plans.js'
import type { ColumnIds } from './column-ids.js'
import type { LogicalPlan } from './logical-plan.js'
import { checkRewrite, validatePlan } from './validate-plan.js'

/** What a rule may look at besides the node. */
export interface RuleContext {
  readonly catalog: Catalog
  readonly ids: ColumnIds
  /** Conditions that were inferred already, so that none is inferred twice. */
  readonly inferred: Set<string>
  readonly estimator: RowEstimator
  /** What parameters of LIMIT and OFFSET are at most. */
  readonly atMost: MostByParameter
  /** The site of a source, by catalog name; undefined: nothing but scans may run there. */
  readonly siteOf: (source: string) => string | undefined
  /** What grouping costs where a plan's tables are. */
  readonly groupingAt: (plan: LogicalPlan) => GroupingPrice
  /** What asking for a plan's rows and moving them costs where its tables are. */
  readonly pricesAt: (plan: LogicalPlan) => SourcePrices
  /** Keys that may be sent to where a plan's tables are. */
  readonly mostKeysTo: (plan: LogicalPlan) => number
  /** Tells whether the source of a plan's tables does its top node exactly. */
  readonly acceptsNode: (node: LogicalPlan) => boolean
  /** Tells whether a whole plan would run at its source, as one statement. */
  readonly isOneFragment: (plan: LogicalPlan) => boolean
  /** The same, were the rows of some nodes of it sent to that source. */
  readonly isOneFragmentWith: (
    plan: LogicalPlan,
    sent: readonly LogicalPlan[],
    source: string,
  ) => boolean
  /** Why groupings are not made below the joins they are above, by their first column: for the ledger, which asks if it has use for it. */
  readonly whyNotGrouped: Map<ColumnId, () => string | undefined>
  /** Rows of other sources that may be sent to a source in one statement. */
  readonly mostRowsTo: (source: string) => number
}

/** One rewrite. Pure: a new node with the same output columns in the same order, or undefined. */
export interface Rule {
  readonly name: string
  /** plan: looks at whole plans, from the root; others at one node and what is below it. */
  readonly scope?: 'node' | 'plan'
  /** The only kinds of nodes that it does something to; absent: any. */
  readonly kinds?: readonly LogicalPlan['kind'][]
  apply(node: LogicalPlan, context: RuleContext): LogicalPlan | undefined
}

/** Rules that run together to a fixed point, and why they run at this place. */
export interface Phase {
  readonly name: string
  /** One pass over the plan is all: the rules decide once. */
  readonly once?: boolean
  readonly rules: readonly { readonly rule: Rule; readonly why: string }[]
}

export interface RewriteOptions {
  readonly disabledRules: readonly string[]
  readonly validateEachRule: boolean
}

export interface Rewritten {
  readonly plan: LogicalPlan
  /** Names of rules that changed something, in the order they first did. */
  readonly fired: ReadonlySet<string>
}

/** The rules that look at nodes of a kind, in their order. */
function byKind(rules: readonly Rule[]): (kind: LogicalPlan['kind']) => readonly Rule[] {
  const known = new Map<LogicalPlan['kind'], readonly Rule[]>()
  return (kind) => {
    let found = known.get(kind)
    if (found === undefined) {
      found = rules.filter(({ kinds }) => kinds === undefined || kinds.includes(kind))
      known.set(kind, found)
    }
    return found
  }
}

/** Rewrites per statement: far above what real statements need, low enough that a pair of quarrelling rules ends soon. */
const MAX_REWRITES = 20_000
const MAX_PASSES = 20

/** Applies the phases in order. */
export function rewrite(
  plan: LogicalPlan,
  phases: readonly Phase[],
  context: RuleContext,
  options: RewriteOptions,
): Rewritten {
  const fired = new Set<string>()
  const disabled = new Set(options.disabledRules)
  let budget = MAX_REWRITES

  const apply = (rule: Rule, node: LogicalPlan): LogicalPlan | undefined => {
    if (budget <= 0) return undefined
    const result = rule.apply(node, context)
    if (result === undefined || result === node) return undefined
    budget--
    fired.add(rule.name)
    if (options.validateEachRule) checkRewrite(rule.name, node, result)
    return result
  }

  for (const phase of phases) {
    const enabled = phase.rules
      .map((entry) => entry.rule)
      .filter((rule) => !disabled.has(rule.name))
    const nodeRules = enabled.filter((rule) => rule.scope !== 'plan')
    const rulesOfKind = byKind(nodeRules)
    const planRules = enabled.filter((rule) => rule.scope === 'plan')
    const settled = new WeakSet<LogicalPlan>()

    const settle = (start: LogicalPlan): LogicalPlan => {
      let node = start
      while (!settled.has(node)) {
        let inputsSettled = mapInputs(node, settle)
        if (holdsSubquery(inputsSettled)) {
          inputsSettled = mapExpressions(inputsSettled, (expression) =>
            mapSubqueries(expression, settle),
          )
        }
        let next: LogicalPlan | undefined
        for (const rule of rulesOfKind(inputsSettled.kind)) {
          next = apply(rule, inputsSettled)
          if (next !== undefined) break
        }
        node = next ?? inputsSettled
        if (next === undefined) settled.add(node)
      }
      return node
    }

    for (let pass = 0; pass < MAX_PASSES; pass++) {
      const before = plan
      for (const rule of planRules) plan = apply(rule, plan) ?? plan
      if (nodeRules.length > 0) plan = settle(plan)
      if (plan === before || planRules.length === 0 || phase.once === true) break
    }
  }
  validatePlan(plan)
  return { plan, fired }
}
