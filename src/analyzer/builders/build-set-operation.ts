/** UNION, INTERSECT and EXCEPT. */
import type { Column } from '../../expressions/expression.js'
import { columnsOf } from '../../planner/logical-plan.js'
import type { LogicalPlan, SetOperationNode } from '../../planner/logical-plan.js'
import { sqlType } from '../../types/sql-type.js'
import type { SqlType } from '../../types/sql-type.js'
import type { BuildContext } from './build-context.js'
import { coerce } from './coerce.js'
import type { QueryScope } from './query-scope.js'
import { booleanOf, integerOf, integersOf, nodeOf, textOf } from '../tree-reader.js'
import type { TreeNode } from '../tree-reader.js'
import { Unreadable } from '../unreadable.js'

/** By SetOperation; 0 is none. */
const OPERATIONS: readonly (SetOperationNode['operation'] | undefined)[] = [
  undefined,
  'union',
  'intersect',
  'except',
]

/** Builds the plan of a set operation tree; columns are named `names`. */
export function buildSetOperation(
  tree: TreeNode,
  names: readonly string[],
  scope: QueryScope,
  context: BuildContext,
): LogicalPlan {
  const { operation, left, right, types } = setOperationSides(tree, names, scope, context)
  return {
    kind: 'set-operation',
    operation,
    all: booleanOf(tree, 'all'),
    left,
    right,
    columns: types.map((type, index) => context.newColumn(names[index] ?? '', type)),
  }
}

/** Builds both sides of a set operation, cast to its column types. */
export function setOperationSides(
  tree: TreeNode,
  names: readonly string[],
  scope: QueryScope,
  context: BuildContext,
): {
  readonly operation: SetOperationNode['operation']
  readonly left: LogicalPlan
  readonly right: LogicalPlan
  readonly types: readonly SqlType[]
} {
  const operation = OPERATIONS[integerOf(tree, 'op')]
  if (operation === undefined) throw new Unreadable(`set operation ${textOf(tree, 'op')}`)
  const typmods = integersOf(tree, 'colTypmods')
  const types = integersOf(tree, 'colTypes').map((oid, index) => sqlType(oid, typmods[index]))
  const side = (node: TreeNode): LogicalPlan => {
    const plan =
      node.tag === 'SETOPERATIONSTMT'
        ? buildSetOperation(node, names, scope, context)
        : context.buildQuery(nodeOf(scope.entry(integerOf(node, 'rtindex')), 'subquery'), scope)
    return castColumns(plan, types, context)
  }
  return { operation, left: side(nodeOf(tree, 'larg')), right: side(nodeOf(tree, 'rarg')), types }
}

/** PostgreSQL casts the sides of a set operation only when it plans; so we do it here. */
function castColumns(
  plan: LogicalPlan,
  types: readonly SqlType[],
  context: BuildContext,
): LogicalPlan {
  const columns = columnsOf(plan)
  if (columns.every((column, index) => column.type.oid === types[index]?.oid)) return plan
  return {
    kind: 'project',
    input: plan,
    expressions: columns.map((column: Column, index) => {
      const type = types[index] ?? column.type
      return {
        column: context.newColumn(column.name, type),
        expression: coerce({ kind: 'column', ...column }, type, context.facts),
      }
    }),
  }
}
