/** The branches of a UNION ALL, each grouped by itself as the union would be; what group-below-union puts in its place. */
import type { Column, ColumnId, Expression } from '../../../expressions/expression.js'
import { OID, sqlType } from '../../../types/sql-type.js'
import { columnReference } from '../../expression-traversal.js'
import { COUNT_ROWS, int8Above } from '../../known-functions.js'
import { columnsOf } from '../../logical-plan.js'
import type {
  AggregateCall,
  AggregateNode,
  LogicalPlan,
  SetOperationNode,
} from '../../logical-plan.js'
import { mapAggregate } from '../../plan-traversal.js'
import { substituteColumns } from '../../used-columns.js'
import type { ColumnIds } from '../../column-ids.js'

/**
 * Tells whether a group key is another constant in every branch: no group has rows of two branches then. A view over several systems
 * names the system so.
 */
export function branchesAreApart(
  node: AggregateNode,
  union: SetOperationNode,
  branches: readonly LogicalPlan[],
): boolean {
  return node.groups.some(({ expression }) => {
    const position = union.columns.findIndex(
      (column) => expression.kind === 'column' && column.id === expression.id,
    )
    return position >= 0 && differ(branches.map((branch) => constantAt(branch, position)))
  })
}

/** The grouped branches as one relation with these columns. */
export function unionOfGroups(
  columns: readonly Column[],
  grouped: readonly LogicalPlan[],
  ids: ColumnIds,
): LogicalPlan {
  return grouped.reduce((left, right, index): LogicalPlan => {
    const isLast = index === grouped.length - 1
    const made = columns.map((column) => (isLast ? column : fresh(column, ids)))
    return { kind: 'set-operation', operation: 'union', all: true, left, right, columns: made }
  })
}

export function isUnionAll(node: SetOperationNode): boolean {
  return node.operation === 'union' && node.all
}

export function branchesOf(plan: LogicalPlan): readonly LogicalPlan[] {
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

/** One branch grouped as the union would be. */
export function groupBranch(
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
  const groups = node.groups.map(({ column, expression }) => ({
    column: fresh(column, ids),
    expression: map(expression),
  }))
  const aggregates = node.aggregates.map((call) => ({
    ...mapAggregate(call, map),
    column: fresh(call.column, ids),
  }))
  return withoutConstantKeys({ ...node, input: branch, groups, aggregates }, ids)
}

/**
 * A key that is one constant for all rows is put beside the groups instead: not every source groups by a text without a width. Where no
 * key is left there is one row for all, which goes where there were no rows.
 */
function withoutConstantKeys(node: AggregateNode, ids: ColumnIds): LogicalPlan {
  const constants = new Map<ColumnId, Expression>()
  if (node.input.kind === 'project') {
    for (const { column, expression } of node.input.expressions) {
      if (expression.kind === 'constant') constants.set(column.id, expression)
    }
  }
  const valueOf = ({ expression }: { readonly expression: Expression }) =>
    expression.kind === 'column' ? constants.get(expression.id) : undefined
  const groups = node.groups.filter((group) => valueOf(group) === undefined)
  if (groups.length === node.groups.length) return node
  const rows: Column = { id: ids.next(), name: 'rows', type: sqlType(OID.int8) }
  const plan: LogicalPlan =
    groups.length > 0
      ? { ...node, groups }
      : {
          kind: 'filter',
          input: { ...node, groups, aggregates: [...node.aggregates, countRows(rows)] },
          condition: int8Above(columnReference(rows), {
            ...{ kind: 'constant', value: '0', type: rows.type },
          }),
        }
  return {
    kind: 'project',
    input: plan,
    expressions: [
      ...node.groups.map((group) => ({
        column: group.column,
        expression: valueOf(group) ?? columnReference(group.column),
      })),
      ...node.aggregates.map(({ column }) => ({ column, expression: columnReference(column) })),
    ],
  }
}

function countRows(column: Column): AggregateCall {
  return {
    ...{ column, function: COUNT_ROWS, arguments: [], star: true, distinct: false, orderBy: [] },
    ...{ form: 'normal', directArguments: [], collation: 'binary' },
  }
}
