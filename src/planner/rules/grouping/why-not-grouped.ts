/** Why a grouping over joins was not made, in part, where its rows come from: for the ledger. Asks again what the rule asked (aggregate-below-join.ts). */
import type { Expression } from '../../../expressions/expression.js'
import { printAggregate, printExpression } from '../../explain/print-expression.js'
import { UNKNOWN_ROWS } from '../../estimates/cost.js'
import { usesOnly } from '../../expression-properties.js'
import { argumentsOf } from '../../expression-traversal.js'
import { partsOf, type JoinPart } from '../../join-parts.js'
import { hasDistinctRowsIn } from '../../keys.js'
import { columnsOf } from '../../logical-plan.js'
import type { AggregateNode, LogicalPlan } from '../../logical-plan.js'
import { neverFails } from '../../never-fails.js'
import { usedColumnsOf } from '../../used-columns.js'
import { scansOf } from '../../walk-plans.js'
import type { RuleContext } from '../../rewrite.js'
import { splitAggregates } from '../../split-aggregate.js'
import { computedKeys, columnKeys } from './keys-of-part.js'

/** The reason, of the part that most rows come from; undefined where there is no part that one source holds. */
export function whyNotGrouped(node: AggregateNode, context: RuleContext): string | undefined {
  const { estimator, ids } = context
  const rowsOf = ({ plan }: JoinPart) => estimator.rows(plan) ?? UNKNOWN_ROWS
  const parts = partsOf(node.input, context.siteOf).toSorted((a, b) => rowsOf(b) - rowsOf(a))
  const part = parts.find(({ plan }) => isGrouped(plan)) ?? parts[0]
  const [scan] = part === undefined ? [] : scansOf(part.plan)
  if (part === undefined || scan === undefined) return undefined
  const { source } = scan
  if (isGrouped(part.plan)) return `${source} makes groups of its part, which are joined here`
  const refused = node.aggregates.find((call) => splitAggregates([call], part, ids) === undefined)
  if (refused !== undefined) {
    return `${source} cannot make groups of its part: ${printAggregate(refused)} is not put together from groups`
  }
  const split = splitAggregates(node.aggregates, part, ids)
  if (split === undefined) return undefined
  const above = [
    ...part.around,
    ...node.groups.map(({ expression }) => expression),
    ...split.final.flatMap((call) => [...call.arguments, ...(call.filter ? [call.filter] : [])]),
  ]
  const failing = above.map((expression) => failingIn(expression, part)).find((e) => e !== undefined) // prettier-ignore
  const reading = `${source} would make groups of its part`
  if (failing !== undefined) {
    return `${reading} by every column read above: ${printExpression(failing)} may fail for rows that the join leaves out, and is computed after it`
  }
  const isTaken = (plan: LogicalPlan) => context.isOneFragment(plan)
  const computed = computedKeys(part, above, ids, () => true)
  const keys = computed ?? columnKeys(part, above)
  if (hasDistinctRowsIn(part.plan, keys.columns, estimator.tableOf)) {
    return `${reading} of one row each`
  }
  const grouped: LogicalPlan = {
    ...{ kind: 'aggregate', input: part.plan, groups: keys.groups, aggregates: split.partial },
  }
  const known = estimator.columns(grouped)
  const unknown = columnsOf(grouped).find(
    ({ id }, index) => index < keys.groups.length && known.get(id)?.distinct === undefined,
  )
  if (unknown !== undefined) {
    const { expression } = keys.groups.find(({ column }) => column.id === unknown.id)!
    return `${reading}, but how many different values ${printExpression(expression)} has there is not known`
  }
  const refusedKey = keys.groups.find(
    (group) =>
      group.expression.kind !== 'column' &&
      !isTaken({ kind: 'aggregate', input: part.plan, groups: [group], aggregates: [] }),
  )
  if (refusedKey !== undefined) {
    return `${source} does not group by ${printExpression(refusedKey.expression)}, and by its columns there are too many groups`
  }
  const [groups, rows] = [estimator.rows(grouped) ?? UNKNOWN_ROWS, rowsOf(part)].map(Math.round)
  return `${reading}, but some ${groups} of ${rows} rows: that is not worth it`
}

/** A part that is groups already, made by this rewrite or by the statement. */
function isGrouped(plan: LogicalPlan): boolean {
  if (plan.kind === 'project' || plan.kind === 'filter') return isGrouped(plan.input)
  return plan.kind === 'aggregate' || plan.kind === 'distinct'
}

/** An expression over a part alone that may fail. */
function failingIn(expression: Expression, part: JoinPart): Expression | undefined {
  if (expression.kind === 'column' || usedColumnsOf(expression).size === 0) return undefined
  if (usesOnly(expression, part.columns)) return neverFails(expression) ? undefined : expression
  for (const argument of argumentsOf(expression)) {
    const found = failingIn(argument, part)
    if (found !== undefined) return found
  }
  return undefined
}
