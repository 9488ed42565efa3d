/**
 * Groups each branch of a UNION ALL by itself where a group key is another constant in every branch: no group has rows of two
 * branches then, so each source sends its groups rather than its rows. A view over several systems names the system so.
 *
 * Tempting and wrong: with the same constant in two branches, or none. The groups of `SELECT 'a' ... UNION ALL SELECT 'a' ...` span
 * both; and without groups there is one row for all.
 */
import type { Column, ColumnId, Expression } from '../../expressions/expression.js'
import { OID } from '../../types/sql-type.js'
import { isVolatile } from '../expression-properties.js'
import { columnReference } from '../expression-traversal.js'
import { columnsOf } from '../logical-plan.js'
import type { AggregateNode, LogicalPlan, SetOperationNode } from '../logical-plan.js'
import { expressionsOf, mapAggregate, substituteColumns } from '../plan-traversal.js'
import type { ColumnIds } from '../plan-traversal.js'
import type { Rule } from '../rewrite.js'

export const groupPerBranch: Rule = {
  name: 'group-per-branch',
  apply(node, { ids }) {
    if (node.kind !== 'aggregate' || node.groupingSets !== undefined) return undefined
    if ((node.groupingCalls ?? []).length > 0 || expressionsOf(node).some(isVolatile)) {
      return undefined
    }
    const { input } = node
    if (input.kind !== 'set-operation' || !isUnionAll(input)) return undefined
    const branches = branchesOf(input)
    const isApart = node.groups.some(({ expression }) => {
      const position = input.columns.findIndex(
        (column) => expression.kind === 'column' && column.id === expression.id,
      )
      return position >= 0 && differ(branches.map((branch) => constantAt(branch, position)))
    })
    if (!isApart) return undefined
    const grouped = branches.map((branch) => groupBranch(node, input, branch, ids))
    return grouped.reduce((left, right, index): LogicalPlan => {
      const isLast = index === grouped.length - 1
      const columns = columnsOf(node).map((column) => (isLast ? column : fresh(column, ids)))
      return { kind: 'set-operation', operation: 'union', all: true, left, right, columns }
    })
  },
}

function isUnionAll(node: SetOperationNode): boolean {
  return node.operation === 'union' && node.all
}

function branchesOf(plan: LogicalPlan): readonly LogicalPlan[] {
  if (plan.kind !== 'set-operation' || !isUnionAll(plan)) return [plan]
  return [...branchesOf(plan.left), ...branchesOf(plan.right)]
}

/** Types whose values are equal only when their texts are. */
const ONE_TEXT: ReadonlySet<number> = new Set([OID.text, OID.varchar, OID.int4, OID.int8, OID.date])

function constantAt(plan: LogicalPlan, position: number): string | undefined {
  const expression = plan.kind === 'project' ? plan.expressions[position]?.expression : undefined
  if (expression?.kind !== 'constant' || !ONE_TEXT.has(expression.type.oid)) return undefined
  return expression.value ?? undefined
}

function differ(values: readonly (string | undefined)[]): boolean {
  return !values.includes(undefined) && new Set(values).size === values.length
}

function fresh(column: Column, ids: ColumnIds): Column {
  return { ...column, id: ids.next() }
}

function groupBranch(
  node: AggregateNode,
  union: SetOperationNode,
  branch: LogicalPlan,
  ids: ColumnIds,
): LogicalPlan {
  const produced = columnsOf(branch)
  const replacements = new Map<ColumnId, Expression>(
    union.columns.map((column, index) => [column.id, columnReference(produced[index]!)]),
  )
  const map = (expression: Expression) => substituteColumns(expression, replacements)
  return {
    ...node,
    input: branch,
    groups: node.groups.map(({ column, expression }) => ({
      column: fresh(column, ids),
      expression: map(expression),
    })),
    aggregates: node.aggregates.map((call) => ({
      ...mapAggregate(call, map),
      column: fresh(call.column, ids),
    })),
  }
}
