/**
 * Takes the correlation out of a lateral join that no equality carries: the distinct outer values (the domain) are joined inside
 * the right side, where they are columns like any other, and the right side is joined back by them [3]. `SELECT a.x, (SELECT
 * count(*) FROM b WHERE b.y < a.x) FROM a` then reads both tables once, rather than b once per value of x. [3] in
 * docs/references.md: Neumann and Kemper, "Unnesting Arbitrary Queries", 2015.
 *
 * Tempting and wrong: joining back by plain equality where the right side has rows for NULL (`b.y IS DISTINCT FROM a.x`); and a
 * domain of values that are equal and differ: 1.0 and 1.00 would be one, which `a.n::text` tells apart. A volatile
 * right side stays: every row draws anew. And few outer rows against a large table that is not here: asking for each is cheaper.
 */
import type { Column, ColumnId, Expression } from '../../expressions/expression.js'
import { OID } from '../../types/sql-type.js'
import { copyWithFreshColumns } from '../copy-plan.js'
import { COST, costOfMoving } from '../estimates/cost.js'
import { referenceEstimates } from '../estimates/estimate-references.js'
import { isVolatilePlan, rejectsNulls, usesAny } from '../expression-properties.js'
import { argumentsOf, columnReference, conjunctsOf, TRUE } from '../expression-traversal.js'
import { equalityOf } from '../known-functions.js'
import { columnsOf } from '../logical-plan.js'
import type { JoinNode, LogicalPlan } from '../logical-plan.js'
import { expressionsOf, logicalInputsOf, mapExpressions, mapInputs } from '../plan-traversal.js'
import { freeColumnsOf, substituteColumns } from '../used-columns.js'
import { visitPlans } from '../walk-plans.js'
import type { Rule, RuleContext } from '../rewrite.js'
import { siteOfPlan } from '../site.js'
import { arrange } from './prune-columns.js'
import { unnestLateralJoin } from './unnest-lateral-join.js'

export const joinDomain: Rule = {
  name: 'join-domain',
  kinds: ['join'],
  apply(node, context) {
    if (node.kind !== 'join' || !node.lateral || freeColumnsOf(node).size > 0) return undefined
    if (isVolatilePlan(node) || runsAtSource(node, context)) return undefined
    const free = freeColumnsOf(node.right)
    const outer = columnsOf(node.left).filter((column) => free.has(column.id))
    if (outer.length === 0 || !outer.every((column) => standsForItself(column, node.right))) {
      return undefined
    }
    return askingIsCheaper(node, context) ? undefined : withDomain(node, outer, context)
  },
}

/** A source that takes the lateral join as it is does it best. */
function runsAtSource(node: JoinNode, { siteOf, acceptsNode }: RuleContext): boolean {
  return siteOfPlan(node, siteOf) !== undefined && acceptsNode(node)
}

/** Compares a run of the right side per outer row, at its source, with bringing the right side's rows here once. */
function askingIsCheaper(node: JoinNode, { estimator, pricesAt }: RuleContext): boolean {
  const runs = estimator.rows(node.left)
  let rows: number | undefined = 0
  visitPlans(node.right, (part) => {
    if (part.kind !== 'scan') return
    const own = estimator.rows(part)
    rows = rows === undefined || own === undefined ? undefined : rows + own
  })
  if (runs === undefined || rows === undefined) return false
  const prices = pricesAt(node.right)
  const asking = runs * (prices.roundTrip + rows * COST.rowAtSource)
  return asking < costOfMoving(rows, ASSUMED_WIDTH, prices) + runs * rows * COST.pairTested
}

/** Bytes of a row of which only compared and aggregated columns come. */
const ASSUMED_WIDTH = 16

/** Types whose equal values are the same value. */
const ONE_FORM: ReadonlySet<number> = new Set([
  ...[OID.bool, OID.int2, OID.int4, OID.int8, OID.text, OID.varchar, OID.date, OID.uuid],
  ...[OID.timestamp, OID.timestamptz],
])

/** Tells whether equal values of a column give equal right sides. */
function standsForItself(column: Column, right: LogicalPlan): boolean {
  if (equalityOf(columnReference(column), columnReference(column)) === undefined) return false
  if (ONE_FORM.has(column.type.oid)) return true
  let onlyCompared = true
  visitPlans(right, (node) => {
    for (const expression of expressionsOf(node)) {
      if (!isOnlyCompared(expression, column.id)) onlyCompared = false
    }
  })
  return onlyCompared
}

const COMPARISONS = new Set(['=', '<>', '<', '<=', '>', '>='])

function isOnlyCompared(expression: Expression, id: ColumnId): boolean {
  if (expression.kind === 'column') return expression.id !== id
  const compares =
    expression.kind === 'call' &&
    expression.function.schema === 'pg_catalog' &&
    COMPARISONS.has(expression.operator ?? '')
  return argumentsOf(expression).every(
    (argument) =>
      (compares && argument.kind === 'column' && argument.id === id) ||
      isOnlyCompared(argument, id),
  )
}

function withDomain(
  node: JoinNode,
  outer: readonly Column[],
  context: RuleContext,
): LogicalPlan | undefined {
  const { ids } = context
  const fresh = new Map(outer.map((column) => [column.id, { ...column, id: ids.next() }]))
  const outerIds = new Set(outer.map((column) => column.id))
  const cte = ids.next()
  const name = 'outer'
  const left = columnsOf(node.left)
  const again = left.map((column) => ({ ...column, id: ids.next() }))
  const estimates = referenceEstimates(node.left, context.estimator)
  const domain: LogicalPlan = {
    kind: 'distinct',
    input: {
      kind: 'project',
      input: { kind: 'cte-reference', cte, name, columns: again, ...estimates },
      expressions: left.flatMap((column, index) => {
        const own = fresh.get(column.id)
        return own ? [{ column: own, expression: columnReference(again[index]!) }] : []
      }),
    },
  }
  const right = joinInside(node.right, outerIds, fresh, domain)
  if (right === undefined) return undefined
  const reference: LogicalPlan = { kind: 'cte-reference', cte, name, columns: left, ...estimates }
  // Only where the algebra goes all the way: a join that stayed lateral would be met here again.
  const body = unnestLateralJoin.apply({ ...node, left: reference, right }, context)
  if (body === undefined) return undefined
  return {
    kind: 'with',
    tables: [
      {
        ...{ id: cte, name, recursive: false, materialized: 'default' },
        plan: copyWithFreshColumns(node.left, ids),
      },
    ],
    body: arrange(body, columnsOf(node)),
  }
}

/** Puts the domain below the lowest node that uses outer columns, where all such nodes are on one path. */
function joinInside(
  node: LogicalPlan,
  outer: ReadonlySet<ColumnId>,
  fresh: ReadonlyMap<ColumnId, Column>,
  domain: LogicalPlan,
): LogicalPlan | undefined {
  const inputs = logicalInputsOf(node)
  const correlated = inputs.filter((input) => isCorrelated(input, outer))
  const uses = expressionsOf(node).some((expression) => usesAny(expression, outer))
  if (correlated.length > 1 || (correlated.length === 1 && inputs.length > 1 && uses)) {
    return undefined
  }
  const [below] = correlated
  if (below !== undefined) {
    const replaced = joinInside(below, outer, fresh, domain)
    if (replaced === undefined) return undefined
    return mapInputs(node, (input) => (input === below ? replaced : input))
  }
  // The lowest: filters and projections, over rows that can be paired with the domain.
  const [input] = inputs
  if (!uses || input === undefined || inputs.length > 1) return undefined
  if (node.kind !== 'filter' && node.kind !== 'project') return undefined
  const values = new Map<ColumnId, Expression>(
    [...fresh].map(([id, column]) => [id, columnReference(column)]),
  )
  const own = node.kind === 'filter' ? conjunctsOf(node.condition) : []
  const back = [...fresh].map(([id, column]) => {
    const original: Expression = { ...columnReference(column), id }
    const isStrict = own.some((conjunct) => rejectsNulls(conjunct, new Set([id])))
    return equalityOf(columnReference(column), original, !isStrict) ?? TRUE
  })
  const pairs: LogicalPlan = {
    kind: 'join',
    joinType: 'inner',
    left: domain,
    right: input,
    condition: undefined,
    lateral: false,
  }
  const local = mapExpressions(
    node.kind === 'filter' ? { ...node, input: pairs } : node,
    (expression) => substituteColumns(expression, values),
  )
  const condition: Expression = { kind: 'and', arguments: back, type: TRUE.type }
  if (local.kind === 'project')
    return { ...local, input: { kind: 'filter', input: pairs, condition } }
  return { kind: 'filter', input: local, condition }
}

function isCorrelated(plan: LogicalPlan, outer: ReadonlySet<ColumnId>): boolean {
  for (const id of freeColumnsOf(plan)) if (outer.has(id)) return true
  return false
}
