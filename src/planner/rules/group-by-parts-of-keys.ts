/**
 * Groups at a source by what its keys are computed from, where it does not compute the keys: `GROUP BY to_char(ordered, 'YYYY-MM')` needs one sum
 * per day of it, not the orders, and the sums of days are added up here by the month. The same rewrite as aggregate-below-join [4],
 * with nothing joined above: no row is left out, so that what could fail fails here as well.
 *
 * Tempting and wrong: keys drawn for each row (`random() < 0.5`), which a group has one of.
 */
import { isVolatile } from '../expression-properties.js'
import { hasSubquery } from '../expression-traversal.js'
import type { JoinPart } from '../join-parts.js'
import { columnIdsOf } from '../logical-plan.js'
import type { AggregateNode, LogicalPlan } from '../logical-plan.js'
import { mapProjected } from '../plan-traversal.js'
import type { Rule, RuleContext } from '../rewrite.js'
import { siteOfPlan } from '../site.js'
import { groupingOverInput, groupPart, splitAt } from './aggregate-below-join.js'

export const groupByPartsOfKeys: Rule = {
  name: 'group-by-parts-of-keys',
  kinds: ['aggregate', 'distinct'],
  apply(node, context) {
    if (node.kind === 'distinct') return distinctByParts(node, context)
    if (node.kind !== 'aggregate' || node.groups.length === 0) return undefined
    const grouping = refusedGrouping(node, context)
    if (grouping === undefined) return undefined
    return splitAt(grouping, wholeOf(grouping.input), context, groupPart)?.whole()
  },
}

function distinctByParts(
  node: Extract<LogicalPlan, { kind: 'distinct' }>,
  context: RuleContext,
): LogicalPlan | undefined {
  const { input } = node
  if (input.kind !== 'project') return undefined
  const groups = input.expressions
  const grouping = refusedGrouping(
    { kind: 'aggregate', input: input.input, groups, aggregates: [] },
    context,
  )
  if (grouping === undefined) return undefined
  const above = groups.map(({ expression }) => expression)
  const grouped = groupPart(wholeOf(grouping.input), above, [], context)
  if (grouped === undefined) return undefined
  const expressions = mapProjected(groups, grouped.map)
  return { ...node, input: { ...input, input: grouped.plan, expressions } }
}

/** The grouping over its input itself, where one source has all of that and does not group by the keys. */
function refusedGrouping(node: AggregateNode, context: RuleContext): AggregateNode | undefined {
  if (siteOfPlan(node.input, context.siteOf) === undefined) return undefined
  const grouping = groupingOverInput(node)
  if (grouping === undefined || !context.isOneFragment(grouping.input)) return undefined
  const { groups, input } = grouping
  const keys = groups.map(({ expression }) => expression)
  if (keys.every(({ kind }) => kind === 'column')) return undefined
  if (keys.some((key) => isVolatile(key) || hasSubquery(key))) return undefined
  const isTaken = context.isOneFragment({ kind: 'aggregate', input, groups, aggregates: [] })
  return isTaken ? undefined : grouping
}

function wholeOf(plan: LogicalPlan): JoinPart {
  return {
    ...{ plan, columns: columnIdsOf(plan), relations: [plan], supplied: false, complete: true },
    ...{ around: [], replace: (next) => next },
  }
}
