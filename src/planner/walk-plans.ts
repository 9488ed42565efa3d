/** Whole logical plans, the plans of subqueries in their expressions included: walked, rebuilt, asked what is in them. */
import type { Expression } from '../expressions/expression.js'
import { argumentsOf, hasSubquery, mapArguments } from './expression-traversal.js'
import type { LogicalPlan, ScanNode } from './logical-plan.js'
import { expressionsOf, logicalInputsOf, mapExpressions, mapInputs } from './plan-traversal.js'

const holdsSubqueryMemo = new WeakMap<LogicalPlan, boolean>()

/** Tells whether an expression that a node holds itself has a subquery in it. */
export function holdsSubquery(node: LogicalPlan): boolean {
  let known = holdsSubqueryMemo.get(node)
  if (known === undefined) {
    known = expressionsOf(node).some(hasSubquery)
    holdsSubqueryMemo.set(node, known)
  }
  return known
}

/** Rebuilds an expression, mapping the plans of the subqueries in it. */
export function mapSubqueries(
  expression: Expression,
  map: (plan: LogicalPlan) => LogicalPlan,
): Expression {
  if (!hasSubquery(expression)) return expression
  const mapped = mapArguments(expression, (argument) => mapSubqueries(argument, map))
  if (mapped.kind !== 'subquery') return mapped
  const plan = map(mapped.plan)
  return plan === mapped.plan ? mapped : { ...mapped, plan }
}

/** Rebuilds a plan from its leaves up, subqueries' plans included. */
export function mapPlans(node: LogicalPlan, map: (node: LogicalPlan) => LogicalPlan): LogicalPlan {
  const deep = (input: LogicalPlan) => mapPlans(input, map)
  const inner = mapInputs(node, deep)
  if (!holdsSubquery(inner)) return map(inner)
  return map(mapExpressions(inner, (expression) => mapSubqueries(expression, deep)))
}

/** Calls a visitor with every node of a plan, subqueries' plans included, inputs first. */
export function visitPlans(node: LogicalPlan, visit: (node: LogicalPlan) => void): void {
  for (const input of logicalInputsOf(node)) visitPlans(input, visit)
  if (holdsSubquery(node)) {
    for (const expression of expressionsOf(node)) {
      eachSubquery(expression, (plan) => visitPlans(plan, visit))
    }
  }
  visit(node)
}

/**
 * Finds something out about plans from what it found out about the parts right below, inputs first, then subqueries. Asked once of each
 * node, as nodes never change: planning asks of every join of a chain what it has asked of those below.
 */
export function rememberedOfPlans<T>(
  find: (node: LogicalPlan, below: readonly T[]) => T,
): (node: LogicalPlan) => T {
  const known = new WeakMap<LogicalPlan, { readonly found: T }>()
  const ask = (node: LogicalPlan): T => {
    const before = known.get(node)
    if (before !== undefined) return before.found
    const below = logicalInputsOf(node).map(ask)
    if (holdsSubquery(node)) {
      const askBelow = (plan: LogicalPlan) => below.push(ask(plan))
      for (const expression of expressionsOf(node)) eachSubquery(expression, askBelow)
    }
    const found = find(node, below)
    known.set(node, { found })
    return found
  }
  return ask
}

/** The scans in a plan, those in subqueries too. */
export const scansOf = rememberedOfPlans<readonly ScanNode[]>((node, below) =>
  node.kind === 'scan' ? [node] : below.length === 1 ? below[0]! : below.flat(),
)

/** Calls a visitor with the plan of each subquery that stands in an expression itself, not in another subquery's plan. */
function eachSubquery(expression: Expression, visit: (plan: LogicalPlan) => void): void {
  if (!hasSubquery(expression)) return
  if (expression.kind === 'subquery') visit(expression.plan)
  for (const argument of argumentsOf(expression)) eachSubquery(argument, visit)
}
