/**
 * Drops a sort whose order nobody can see: below grouping (unless an aggregate takes its rows in order), DISTINCT, another sort,
 * a set operation, and on the sides of joins that only test for matches.
 *
 * Tempting and wrong: `SELECT array_agg(x) FROM (SELECT x FROM t ORDER BY x) s` does see it, so do string_agg, json_agg
 * and sums of floating point numbers; and a sort under LIMIT decides which rows there are.
 */
import type { AggregateNode, LogicalPlan } from '../logical-plan.js'
import { isVolatile } from '../expression-properties.js'
import { mapInputs } from '../plan-traversal.js'
import type { Rule } from '../rewrite.js'

export const removeSort: Rule = {
  name: 'remove-sort',
  apply(node) {
    if (!hidesOrder(node)) {
      if (node.kind !== 'join' || !testsOnly(node.joinType)) return undefined
      const right = withoutSort(node.right)
      return right === node.right ? undefined : { ...node, right }
    }
    const result = mapInputs(node, withoutSort)
    return result === node ? undefined : result
  },
}

function hidesOrder(node: LogicalPlan): boolean {
  switch (node.kind) {
    case 'sort':
    case 'distinct':
      return true
    case 'set-operation':
      return !(node.operation === 'union' && node.all)
    case 'aggregate':
      return ignoresOrder(node)
    default:
      return false
  }
}

const ORDER_FREE = new Set([
  'count', 'min', 'max', 'bool_and', 'bool_or', 'every', 'bit_and', 'bit_or', 'bit_xor',
]) // prettier-ignore

const ORDER_FREE_SIGNATURES = new Set([
  'sum(int2)', 'sum(int4)', 'sum(int8)', 'sum(numeric)', 'sum(money)', 'sum(interval)',
  'avg(int2)', 'avg(int4)', 'avg(int8)', 'avg(numeric)', 'avg(interval)',
]) // prettier-ignore

function ignoresOrder(node: AggregateNode): boolean {
  return node.aggregates.every(
    (call) =>
      call.function.schema === 'pg_catalog' &&
      (ORDER_FREE.has(call.function.name) || ORDER_FREE_SIGNATURES.has(call.function.signature)),
  )
}

function testsOnly(joinType: string): boolean {
  return joinType === 'semi' || joinType === 'anti' || joinType === 'mark'
}

function withoutSort(plan: LogicalPlan): LogicalPlan {
  switch (plan.kind) {
    case 'sort':
      return plan.keys.some((key) => isVolatile(key.expression)) ? plan : plan.input
    case 'project':
    case 'filter':
      return mapInputs(plan, withoutSort)
    default:
      return plan
  }
}
