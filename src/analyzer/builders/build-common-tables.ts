/** WITH: plain and recursive common tables. */
import { columnsOf } from '../../planner/logical-plan.js'
import type { CommonTable, LogicalPlan } from '../../planner/logical-plan.js'
import type { BuildContext } from './build-context.js'
import { setOperationSides } from './build-set-operation.js'
import type { QueryScope, Recursion } from './query-scope.js'
import { booleanOf, integerOf, nodeOf, nodesOf, optionalNode, textOf } from '../tree-reader.js'
import type { TreeNode } from '../tree-reader.js'
import { Unreadable } from '../unreadable.js'

/** By CTEMaterialize. */
const MATERIALIZED = ['default', 'always', 'never'] as const

/** Builds the common tables of a query into its scope. Unused ones are left out, as PostgreSQL never runs them. */
export function buildCommonTables(
  query: TreeNode,
  scope: QueryScope,
  context: BuildContext,
): CommonTable[] {
  return nodesOf(query, 'cteList')
    .filter((node) => integerOf(node, 'cterefcount') > 0)
    .map((node) => buildCommonTable(node, scope, context))
}

function buildCommonTable(node: TreeNode, scope: QueryScope, context: BuildContext): CommonTable {
  const name = textOf(node, 'ctename') ?? ''
  const recursive = booleanOf(node, 'cterecursive')
  if (optionalNode(node, 'search_clause') ?? optionalNode(node, 'cycle_clause')) {
    throw new Unreadable('SEARCH or CYCLE of a recursive query')
  }
  const id = context.newCommonTable()
  const query = nodeOf(node, 'ctequery')
  if (recursive) scope.setCommonTable({ id, name })
  const plan = context.buildQuery(query, scope, recursive ? recursionOf(id, context) : undefined)
  scope.setCommonTable({ id, name })
  return {
    id,
    name,
    plan,
    recursive,
    materialized: MATERIALIZED[integerOf(node, 'ctematerialized')] ?? 'default',
  }
}

/** How the top set operation of a recursive common table is built. */
function recursionOf(cte: number, context: BuildContext): Recursion {
  return {
    build: (tree, names, scope): LogicalPlan => {
      const { operation, left, right, types } = setOperationSides(tree, names, scope, context)
      if (operation !== 'union') throw new Unreadable('recursion without UNION')
      return {
        kind: 'recursive-union',
        cte,
        base: left,
        step: right,
        all: booleanOf(tree, 'all'),
        columns: columnsOf(left).map((column, index) =>
          context.newColumn(names[index] ?? column.name, types[index] ?? column.type),
        ),
      }
    },
  }
}
