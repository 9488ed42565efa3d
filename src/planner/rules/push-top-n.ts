/**
 * Copies a sort with a limit into the branches of UNION ALL, and to the left side of a left join (or of an inner join along a
 * foreign key that is never NULL) whose columns alone decide the order: each source sends its own first rows, and the
 * sort above takes the first of these.
 *
 * Tempting and wrong: below an inner join, where rows without a match vanish and the next ones would be wanted; below UNION,
 * where copies vanish; and by a key that uses the right side. WITH TIES wants more rows than the limit says.
 */
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { OID, sqlType } from '../../types/sql-type.js'
import { isVolatile, usesOnly } from '../expression-properties.js'
import { columnReference } from '../expression-traversal.js'
import { followsForeignKey, matchesAtMostOne } from '../keys.js'
import type { TableOf } from '../keys.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type { JoinNode, LogicalPlan, SortKey } from '../logical-plan.js'
import { mapSortKeys } from '../plan-traversal.js'
import { substituteColumns, usedColumnsOf } from '../used-columns.js'
import type { Rule } from '../rewrite.js'
import { mostRows } from '../estimates/row-counts.js'
import { replacementsOf } from './merge-projects.js'
import { isBounded } from './push-limit.js'

export const pushTopN: Rule = {
  name: 'push-top-n',
  kinds: ['limit'],
  apply(node, { atMost, estimator }) {
    if (node.kind !== 'limit' || node.withTies || node.input.kind !== 'sort') return undefined
    const { keys, input } = node.input
    if (keys.some((key) => isVolatile(key.expression))) return undefined
    const rows = mostRows(node, atMost)
    if (rows === undefined || rows === 0n || rows > MOST) return undefined
    const pushed = firstRows(input, keys, rows, estimator.tableOf)
    return pushed === input ? undefined : { ...node, input: { ...node.input, input: pushed } }
  },
}

const MOST = 2n ** 63n - 1n

/** A plan of which the first rows by these keys are the same, with fewer others. */
function firstRows(
  plan: LogicalPlan,
  keys: readonly SortKey[],
  rows: bigint,
  tableOf: TableOf,
): LogicalPlan {
  switch (plan.kind) {
    case 'project': {
      const replacements = replacementsOf(plan)
      const below = substituteKeys(keys, replacements)
      if (below.some((key) => isVolatile(key.expression))) return plan
      const input = firstRows(plan.input, below, rows, tableOf)
      return input === plan.input ? plan : { ...plan, input }
    }
    case 'set-operation': {
      if (plan.operation !== 'union' || !plan.all) return plan
      const branch = (side: LogicalPlan) => {
        const produced = columnsOf(side)
        const replacements = new Map<ColumnId, Expression>(
          plan.columns.map((column, index) => [column.id, columnReference(produced[index]!)]),
        )
        return topOf(side, substituteKeys(keys, replacements), rows, tableOf)
      }
      const left = branch(plan.left)
      const right = branch(plan.right)
      return left === plan.left && right === plan.right ? plan : { ...plan, left, right }
    }
    case 'join': {
      if (!keepsEveryLeftRow(plan, tableOf)) return plan
      const ids = columnIdsOf(plan.left)
      if (!keys.every((key) => usesOnly(key.expression, ids))) return plan
      const left = topOf(plan.left, keys, rows, tableOf)
      return left === plan.left ? plan : { ...plan, left }
    }
    default:
      return plan
  }
}

function topOf(
  plan: LogicalPlan,
  keys: readonly SortKey[],
  rows: bigint,
  tableOf: TableOf,
): LogicalPlan {
  // A union of unions: each of the innermost branches is a source's.
  const inner = firstRows(plan, keys, rows, tableOf)
  if (inner !== plan) return inner
  if (isBounded(plan, rows)) return plan
  const limit: Expression = { kind: 'constant', value: String(rows), type: sqlType(OID.int8) }
  // Constants order nothing: the branch's own type name, say.
  const used = keys.filter((key) => usedColumnsOf(key.expression).size > 0)
  const input: LogicalPlan = used.length === 0 ? plan : { kind: 'sort', input: plan, keys: used }
  return { kind: 'limit', input, limit, withTies: false }
}

function substituteKeys(
  keys: readonly SortKey[],
  replacements: ReadonlyMap<ColumnId, Expression>,
): readonly SortKey[] {
  return mapSortKeys(keys, (expression) => substituteColumns(expression, replacements))
}

function keepsEveryLeftRow(node: JoinNode, tableOf: TableOf): boolean {
  if (node.joinType === 'left') return !node.lateral && node.atMostOne !== true
  if (node.joinType !== 'inner' || !matchesAtMostOne(node, 'right', tableOf)) return false
  return followsForeignKey(node, tableOf)?.nullable.length === 0
}
