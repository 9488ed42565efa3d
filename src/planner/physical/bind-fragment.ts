/** Adds to a closed fragment the statements that ask only for rows with certain keys. */
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { offerFilter } from '../federate.js'
import { betweenParameters } from '../known-functions.js'
import { columnIdsOf } from '../logical-plan.js'
import type { LogicalPlan, ProjectNode } from '../logical-plan.js'
import type { BoundStatement, RemoteQueryPlan } from '../physical-plan.js'
import { expressionsOf, logicalInputsOf } from '../plan-traversal.js'
import { usedColumnsOf } from '../used-columns.js'
import { visitPlans } from '../walk-plans.js'
import { conjunctsOf } from '../expression-traversal.js'
import { pushToScans } from '../rules/push-filter.js'
import { narrowed } from './arrange-fragment.js'
import type { ClosedFragment, PlanBuilder } from './plan-builder.js'
import type { RemotePart } from './plan-part.js'

/** Bindings that one fragment takes: each doubles its statements. */
const MOST_BINDINGS = 3

/** The node with its bound statements; undefined where the source cannot take the condition. */
export function bindFragment(
  builder: PlanBuilder,
  plan: RemoteQueryPlan,
  condition: Extract<Expression, { kind: 'array-comparison' }>,
  binding: number,
  range: number | undefined,
): RemoteQueryPlan | undefined {
  const closed = builder.fragments.get(plan)
  if (closed === undefined || closed.keyConditions.size === MOST_BINDINGS) return undefined
  if (takesSomeRows(closed.part.fragment, usedColumnsOf(condition))) return undefined
  const keyConditions = new Map([...closed.keyConditions, [binding, condition]])
  const known = plan.bound ?? []
  const added: BoundStatement[] = []
  for (const bindings of [[], ...known.map((bound) => bound.bindings)]) {
    const bound = boundStatement(builder, { ...closed, keyConditions }, [...bindings, binding])
    if (bound !== undefined) added.push(bound)
  }
  if (added.length === 0) return undefined
  const between = range === undefined ? undefined : betweenParameters(condition.left, range)
  const statement = between && statementWith(builder, closed, [between])?.statement
  const next: RemoteQueryPlan = {
    ...plan,
    ...(statement && range !== undefined
      ? { ranges: [...(plan.ranges ?? []), { first: range, statement }] }
      : {}),
    // The more keys a statement takes, the later it comes: the last that fits is the best.
    bound: [...known, ...added].sort((a, b) => a.bindings.length - b.bindings.length),
  }
  builder.fragments.set(next, { ...closed, keyConditions })
  return next
}

/**
 * Which rows a limit lets through may differ from one statement to the next: keys must not be spread over such. DISTINCT ON chooses,
 * and windows number, among rows with equal keys, all of which are in one statement where the condition looks at no more than these.
 */
function takesSomeRows(plan: LogicalPlan, ids: ReadonlySet<ColumnId> | undefined): boolean {
  switch (plan.kind) {
    case 'limit':
      return true
    case 'distinct-on':
    case 'window': {
      const keys = plan.kind === 'window' ? plan.partitionBy : plan.on
      const known = new Set(keys.flatMap((item) => (item.kind === 'column' ? [item.id] : [])))
      const isKey = ids !== undefined && [...ids].every((id) => known.has(id))
      return !isKey || takesSomeRows(plan.input, ids)
    }
    case 'project':
      return takesSomeRows(plan.input, ids && idsBelow(plan, ids))
    case 'filter':
    case 'sort':
    case 'join':
    case 'view':
      return logicalInputsOf(plan).some((input) => {
        const own = columnIdsOf(input)
        const all = ids !== undefined && [...ids].every((id) => own.has(id))
        return takesSomeRows(input, all ? ids : undefined)
      })
    default:
      return logicalInputsOf(plan).some((input) => takesSomeRows(input, undefined))
  }
}

/** The columns that a projection hands on under these; undefined where one is computed. */
function idsBelow(
  plan: ProjectNode,
  ids: ReadonlySet<ColumnId>,
): ReadonlySet<ColumnId> | undefined {
  const below = new Set<ColumnId>()
  for (const { column, expression } of plan.expressions) {
    if (!ids.has(column.id)) continue
    if (expression.kind !== 'column') return undefined
    below.add(expression.id)
  }
  return below
}

function boundStatement(
  builder: PlanBuilder,
  closed: ClosedFragment,
  bindings: readonly number[],
): BoundStatement | undefined {
  const conditions = bindings.map((binding) => [closed.keyConditions.get(binding)!])
  const bound = statementWith(builder, closed, conditions)
  return bound && { bindings, ...bound, maximumKeys: closed.part.pushdown.maximumKeys }
}

/** The fragment's statement with conditions, each of which the source must take at least in part. */
function statementWith(
  builder: PlanBuilder,
  closed: ClosedFragment,
  conditions: readonly (readonly Expression[])[],
): Pick<BoundStatement, 'statement' | 'isExact'> | undefined {
  const { pushdown, source } = closed.part
  const offers = conditions.map((condition) => offerFilter(condition, closed.part))
  if (offers.some((offer) => offer.part === closed.part)) return undefined
  const isExact = offers.every((offer) => offer.residual.length === 0)
  const [only] = offers
  const { part } = offers.length === 1 ? only! : offerFilter(conditions.flat(), closed.part)
  if (part === closed.part) return undefined
  const print = () => {
    const { fragment } = narrowed(nearScans(part, conditions.flat()), closed.needed)
    return pushdown.print(fragment, builder.context.pricesOf(source))
  }
  return { statement: builder.print(print), isExact }
}

/** The filter moved towards the scans inside the fragment, where the source judges it as before: not every source does so itself. */
function nearScans(part: RemotePart, conditions: readonly Expression[]): RemotePart {
  const fragment = pushToScans(part.fragment)
  if (fragment === part.fragment) return part
  const parameters = new Set(conditions.map(keyParameter))
  let same = true
  visitPlans(fragment, (node) => {
    for (const expression of expressionsOf(node)) {
      for (const conjunct of conjunctsOf(expression)) {
        const parameter = keyParameter(conjunct)
        if (parameter === undefined || !parameters.has(parameter)) continue
        const { support } = part.pushdown.judgeExpression(conjunct, 'filter')
        if (support !== 'exact') same = false
      }
    }
    if (node.kind === 'filter' && part.pushdown.judgeNode(node).support !== 'exact') same = false
  })
  return same ? { ...part, fragment } : part
}

/** The parameter that a condition on keys compares with; undefined for any other condition. */
function keyParameter(condition: Expression): Expression | undefined {
  if (condition.kind === 'array-comparison') return condition.right
  const value = condition.kind === 'call' ? condition.arguments[1] : undefined
  return value?.kind === 'parameter' ? value : undefined
}
