/**
 * Drops a join that adds neither columns nor rows: a left join to a unique key whose columns nobody reads (or to anything, where
 * copies of rows do not count), and an inner or semi join that follows a declared foreign key to a whole table. A view over
 * twelve systems asked for two columns then contacts the systems that have them.
 *
 * Tempting and wrong: a left join to a key that is not unique multiplies rows, `SELECT count(*) FROM a LEFT JOIN b ON b.a = a.id`
 * counts them. An inner join to a filtered table drops rows, and so does a NULL in the foreign key: it becomes IS NOT NULL.
 */
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { OID, sqlType } from '../../types/sql-type.js'
import { isVolatile, isVolatilePlan } from '../expression-properties.js'
import { columnReference } from '../expression-traversal.js'
import { followsForeignKey, matchesAtMostOne } from '../keys.js'
import type { TableOf } from '../keys.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type { AggregateNode, JoinNode, LogicalPlan } from '../logical-plan.js'
import { expressionsOf, mapInputs } from '../plan-traversal.js'
import { freeColumnsOf, usedColumnsOf } from '../used-columns.js'
import type { Rule } from '../rewrite.js'
import { addFilter } from './push-filter.js'

export const eliminateJoin: Rule = {
  name: 'eliminate-join',
  scope: 'plan',
  apply(node, { estimator }) {
    const result = visit(node, columnIdsOf(node), true, estimator.tableOf)
    return result === node ? undefined : result
  },
}

type Ids = ReadonlySet<ColumnId>

/** `required`: columns that something above reads. `copiesCount`: how often a row comes may be seen above. */
function visit(
  node: LogicalPlan,
  required: Ids,
  copiesCount: boolean,
  tableOf: TableOf,
): LogicalPlan {
  const over = (input: LogicalPlan, needed: Ids, counts: boolean) =>
    visit(input, needed, counts, tableOf)
  switch (node.kind) {
    case 'project': {
      let kept = node.expressions.filter(
        ({ column, expression }) => required.has(column.id) || isVolatile(expression),
      )
      if (kept.length === 0) kept = node.expressions.slice(0, 1)
      const uses = usedColumnsOf(...kept.map((item) => item.expression))
      const counts = copiesCount || kept.some(({ expression }) => isVolatile(expression))
      const input = over(node.input, uses, counts)
      // What nobody reads may have read what is gone.
      return input === node.input ? node : { ...node, input, expressions: kept }
    }
    case 'filter':
    case 'sort':
      return mapInputs(node, (input) => over(input, union(required, node), copiesCount))
    case 'limit':
    case 'window':
    case 'distinct-on':
      return mapInputs(node, (input) => over(input, union(required, node), true))
    case 'distinct':
      return mapInputs(node, (input) => over(input, columnIdsOf(input), false))
    case 'aggregate': {
      const counts = !ignoresCopies(node)
      return mapInputs(node, (input) => over(input, usedColumnsOf(...expressionsOf(node)), counts))
    }
    case 'join':
      return visitJoin(node, required, copiesCount, tableOf)
    default:
      // Columns count by position here, or nothing is known of what is read.
      return mapInputs(node, (input) => over(input, columnIdsOf(input), true))
  }
}

function union(required: Ids, node: LogicalPlan): Set<ColumnId> {
  const all = usedColumnsOf(...expressionsOf(node))
  for (const id of required) all.add(id)
  return all
}

const COPIES_IGNORED = new Set(['min', 'max', 'bool_and', 'bool_or', 'every', 'bit_and', 'bit_or'])

function ignoresCopies(node: AggregateNode): boolean {
  if (node.groups.length === 0 && node.aggregates.length === 0) return true
  return node.aggregates.every(
    (call) =>
      call.function.schema === 'pg_catalog' &&
      call.orderBy.length === 0 &&
      (COPIES_IGNORED.has(call.function.name) || (call.distinct && call.function.name === 'count')),
  )
}

function visitJoin(
  node: JoinNode,
  required: Ids,
  copiesCount: boolean,
  tableOf: TableOf,
): LogicalPlan {
  const without = withoutJoin(node, required, copiesCount, tableOf)
  if (without !== undefined) return visit(without, required, copiesCount, tableOf)
  const used = union(required, node)
  if (node.lateral) for (const id of freeColumnsOf(node.right)) used.add(id)
  const testsOnly =
    node.joinType === 'semi' || (node.joinType === 'anti' && node.nullAware !== true)
  const left = visit(node.left, used, copiesCount, tableOf)
  const rightCounts = testsOnly ? false : copiesCount || node.atMostOne === true
  const right = visit(node.right, used, rightCounts, tableOf)
  return left === node.left && right === node.right ? node : { ...node, left, right }
}

function withoutJoin(
  node: JoinNode,
  required: Ids,
  copiesCount: boolean,
  tableOf: TableOf,
): LogicalPlan | undefined {
  if (node.condition !== undefined && isVolatile(node.condition)) return undefined
  if (isVolatilePlan(node.right)) return undefined
  const read = columnsOf(node.right).filter((column) => required.has(column.id))
  switch (node.joinType) {
    case 'left': {
      if (read.length > 0) return undefined
      const single = matchesAtMostOne(node, 'right', tableOf)
      return single || (!copiesCount && node.atMostOne !== true) ? node.left : undefined
    }
    case 'inner':
    case 'semi': {
      const match = followsForeignKey(node, tableOf)
      if (match === undefined) return undefined
      const isSemi = node.joinType === 'semi'
      if (!isSemi && !matchesAtMostOne(node, 'right', tableOf)) return undefined
      const left = addFilter(
        node.left,
        match.nullable.map((id) => isNotNull(node.left, id)),
      )
      if (isSemi || read.length === 0) return left
      const stand = read.map((column) => {
        const from = columnsOf(node.left).find(({ id }) => id === match.equals.get(column.id))
        return from !== undefined && isAlike(from.type.oid, column.type.oid)
          ? { column, expression: columnReference(from) }
          : undefined
      })
      if (stand.includes(undefined)) return undefined
      const passed = columnsOf(node.left).map((column) => ({
        column,
        expression: columnReference(column),
      }))
      return {
        kind: 'project',
        input: left,
        expressions: [...passed, ...stand.filter((item) => item !== undefined)],
      }
    }
    default:
      return undefined
  }
}

/** Types whose equal values are the same value: 1.0 and 1.00 are equal numerics and print differently. */
const ONE_FORM: ReadonlySet<number> = new Set([
  ...[OID.bool, OID.int2, OID.int4, OID.int8, OID.text, OID.varchar, OID.date, OID.uuid],
  ...[OID.timestamp, OID.timestamptz],
])

function isAlike(from: number, to: number): boolean {
  return from === to && ONE_FORM.has(from)
}

function isNotNull(plan: LogicalPlan, id: ColumnId): Expression {
  const column = columnsOf(plan).find((candidate) => candidate.id === id)
  if (column === undefined) throw new Error(`Column ${id} is not of this plan`)
  return {
    kind: 'is-null',
    argument: columnReference(column),
    negated: true,
    type: sqlType(OID.bool),
  }
}
