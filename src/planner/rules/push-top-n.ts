/**
 * Copies a sort with a limit into the branches of UNION ALL, and to the left side of a left join (or of an inner join along a
 * foreign key that is never NULL) whose columns alone decide the order: each source sends its own first rows, and the
 * sort above takes the first of these. Through a grouping of such a join as well, where a key of the left side is among the groups: its
 * first rows make the first groups.
 *
 * Tempting and wrong: below an inner join, where rows without a match vanish and the next ones would be wanted; below UNION,
 * where copies vanish; below groups of which several rows of the left side make one; and by a key that uses the right side. WITH TIES
 * wants more rows than the limit says.
 */
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { OID, sqlType } from '../../types/sql-type.js'
import { isVolatile, usesOnly } from '../expression-properties.js'
import { columnReference } from '../expression-traversal.js'
import { followsForeignKey, hasDistinctRowsIn, matchesAtMostOne } from '../keys.js'
import type { TableOf } from '../keys.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type { JoinNode, LogicalPlan, SortKey } from '../logical-plan.js'
import { mapSortKeys } from '../plan-traversal.js'
import { substituteColumns, usedColumnsOf } from '../used-columns.js'
import type { Rule, RuleContext } from '../rewrite.js'
import { mostRows } from '../estimates/row-counts.js'
import { siteOfPlan } from '../site.js'
import { replacementsOf } from './merge-projects.js'
import { isBounded } from './push-limit.js'

export const pushTopN: Rule = {
  name: 'push-top-n',
  kinds: ['limit'],
  apply(node, { atMost, estimator, siteOf }) {
    if (node.kind !== 'limit' || node.withTies || node.input.kind !== 'sort') return undefined
    const { keys, input } = node.input
    if (keys.some((key) => isVolatile(key.expression))) return undefined
    const rows = mostRows(node, atMost)
    if (rows === undefined || rows === 0n || rows > MOST) return undefined
    const pushed = firstRows(input, keys, rows, { tableOf: estimator.tableOf, siteOf })
    return pushed === input ? undefined : { ...node, input: { ...node.input, input: pushed } }
  },
}

const MOST = 2n ** 63n - 1n

type Known = Pick<RuleContext, 'siteOf'> & { readonly tableOf: TableOf }

/** A plan of which the first rows by these keys are the same, with fewer others. */
function firstRows(
  plan: LogicalPlan,
  keys: readonly SortKey[],
  rows: bigint,
  known: Known,
): LogicalPlan {
  switch (plan.kind) {
    case 'project': {
      const replacements = replacementsOf(plan)
      const below = substituteKeys(keys, replacements)
      if (below.some((key) => isVolatile(key.expression))) return plan
      const input = firstRows(plan.input, below, rows, known)
      return input === plan.input ? plan : { ...plan, input }
    }
    case 'set-operation': {
      if (plan.operation !== 'union' || !plan.all) return plan
      const branch = (side: LogicalPlan) => {
        const produced = columnsOf(side)
        const replacements = new Map<ColumnId, Expression>(
          plan.columns.map((column, index) => [column.id, columnReference(produced[index]!)]),
        )
        return topOf(side, substituteKeys(keys, replacements), rows, known)
      }
      const left = branch(plan.left)
      const right = branch(plan.right)
      return left === plan.left && right === plan.right ? plan : { ...plan, left, right }
    }
    case 'aggregate': {
      if (plan.groupingSets !== undefined || siteOfPlan(plan, known.siteOf) !== undefined) {
        return plan
      }
      const grouped = new Set(plan.groups.map(({ column }) => column.id))
      const groups = new Map(plan.groups.map(({ column, expression }) => [column.id, expression]))
      if (!keys.every(({ expression }) => usesOnly(expression, grouped))) return plan
      const apart = [...groups.values()]
      const input = firstOfGroups(plan.input, substituteKeys(keys, groups), apart, rows, known)
      return input === plan.input ? plan : { ...plan, input }
    }
    case 'join': {
      if (!keepsEveryLeftRow(plan, known.tableOf)) return plan
      const ids = columnIdsOf(plan.left)
      if (!keys.every((key) => usesOnly(key.expression, ids))) return plan
      const left = topOf(plan.left, keys, rows, known)
      return left === plan.left ? plan : { ...plan, left }
    }
    default:
      return plan
  }
}

/** What is below a grouping by `groups`, with the rows that make its first groups, and fewer others. */
function firstOfGroups(
  plan: LogicalPlan,
  keys: readonly SortKey[],
  groups: readonly Expression[],
  rows: bigint,
  known: Known,
): LogicalPlan {
  if (keys.some((key) => isVolatile(key.expression)) || groups.some(isVolatile)) return plan
  if (plan.kind === 'project') {
    const replacements = replacementsOf(plan)
    const [order, apart] = [
      substituteKeys(keys, replacements),
      groups.map((group) => substituteColumns(group, replacements)),
    ]
    const input = firstOfGroups(plan.input, order, apart, rows, known)
    return input === plan.input ? plan : { ...plan, input }
  }
  if (plan.kind !== 'join') return plan
  const grouped = groups.flatMap((group) => (group.kind === 'column' ? [group.id] : []))
  // Each row of the left side makes groups of its own.
  if (!hasDistinctRowsIn(plan.left, new Set(grouped), known.tableOf)) return plan
  return firstRows(plan, keys, rows, known)
}

function topOf(
  plan: LogicalPlan,
  keys: readonly SortKey[],
  rows: bigint,
  known: Known,
): LogicalPlan {
  // A union of unions: each of the innermost branches is a source's.
  const inner = firstRows(plan, keys, rows, known)
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
