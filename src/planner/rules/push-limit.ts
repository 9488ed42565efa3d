/**
 * Moves a limit below a projection, and copies it (limit plus offset) into the branches of UNION ALL and to the left
 * side of a left join, so that sources send no more than can be used.
 *
 * Tempting and wrong: moving it below an inner join or a filter (rows vanish above it), below DISTINCT or UNION, or below
 * a projection that returns sets. `FETCH FIRST n ROWS WITH TIES` needs its sort right below it and stays.
 */
import type { Expression } from '../../expressions/expression.js'
import { OID, sqlType } from '../../types/sql-type.js'
import type { LogicalPlan } from '../logical-plan.js'
import type { Rule } from '../rewrite.js'
import { mostOf, mostRows } from '../estimates/row-counts.js'

export const pushLimit: Rule = {
  name: 'push-limit',
  kinds: ['limit'],
  apply(node, { atMost }) {
    if (node.kind !== 'limit' || node.withTies) return undefined
    const { input } = node
    if (input.kind === 'project') {
      return { ...input, input: { ...node, input: input.input } }
    }
    const most = mostRows(node, atMost)
    if (most === undefined) return undefined
    if (input.kind === 'set-operation' && input.operation === 'union' && input.all) {
      const left = limited(input.left, most)
      const right = limited(input.right, most)
      if (left === input.left && right === input.right) return undefined
      return { ...node, input: { ...input, left, right } }
    }
    if (input.kind === 'join' && input.joinType === 'left' && !input.lateral) {
      const left = limited(input.left, most)
      return left === input.left ? undefined : { ...node, input: { ...input, left } }
    }
    return undefined
  },
}

const MOST = 2n ** 63n - 1n

function limited(plan: LogicalPlan, rows: bigint): LogicalPlan {
  if (rows > MOST || rows === 0n || isBounded(plan, rows)) return plan
  const limit: Expression = { kind: 'constant', value: String(rows), type: sqlType(OID.int8) }
  return { kind: 'limit', input: plan, limit, withTies: false }
}

/** Tells whether a plan delivers no more rows than these already. */
export function isBounded(plan: LogicalPlan, rows: bigint): boolean {
  switch (plan.kind) {
    case 'limit': {
      const limit = mostOf(plan.limit, {})
      return (limit !== undefined && limit <= rows) || isBounded(plan.input, rows)
    }
    case 'project':
    case 'sort':
    case 'filter':
      return isBounded(plan.input, rows)
    case 'values':
      return BigInt(plan.rows.length) <= rows
    case 'aggregate':
      return plan.groups.length === 0 && plan.groupingSets === undefined
    case 'join':
      return plan.joinType === 'left' && isBounded(plan.left, rows)
    default:
      return false
  }
}
