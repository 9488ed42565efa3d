/** References to columns: of this query or an outer one, over FROM items or over groups. */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { Column, Expression } from '../../expressions/expression.js'
import type { ExpressionBuilder } from './build-expression.js'
import type { QueryScope } from './query-scope.js'
import { RangeKind } from './range-kind.js'
import { integerOf, listOf, TreeNode } from '../tree-reader.js'
import { Unreadable } from '../unreadable.js'

/** Turns a Var into a column expression. */
export function buildColumn(node: TreeNode, builder: ExpressionBuilder): Expression {
  const scope = builder.scope.up(integerOf(node, 'varlevelsup'))
  const index = integerOf(node, 'varno')
  const attribute = integerOf(node, 'varattno')
  const entry = scope.entry(index)
  const kind = integerOf(entry, 'rtekind')
  if (attribute === 0) throw new Unreadable('a whole row as a value')
  if (attribute < 0) {
    throw new EngineError(
      SQLSTATE.featureNotSupported,
      'System columns of virtual tables are not supported',
    )
  }
  if (kind === RangeKind.group) return grouped(node, scope, attribute, builder)
  if (kind === RangeKind.join) {
    const alias = listOf(entry, 'joinaliasvars')[attribute - 1]
    if (!(alias instanceof TreeNode)) throw new Unreadable('a merged column of a join')
    return builder.at(scope).build(alias)
  }
  return buildColumnOf(scope, index, attribute, builder)
}

/** Refers to a column of a FROM item of a scope. */
export function buildColumnOf(
  scope: QueryScope,
  index: number,
  attribute: number,
  builder: ExpressionBuilder,
): Expression {
  const column = scope.column(index, attribute)
  return reference(scope.phase === 'input' ? column : determined(column, scope, builder), builder)
}

function reference(column: Column, builder: ExpressionBuilder): Expression {
  builder.context.referenced.push(column.id)
  return { kind: 'column', id: column.id, name: column.name, type: column.type }
}

function grouped(
  node: TreeNode,
  scope: QueryScope,
  attribute: number,
  builder: ExpressionBuilder,
): Expression {
  if (scope.phase === 'input') {
    // Inside an aggregate's arguments the grouped expression itself is meant.
    const expression = listOf(scope.entry(integerOf(node, 'varno')), 'groupexprs')[attribute - 1]
    if (expression instanceof TreeNode) return builder.at(scope).build(expression)
  }
  const group = scope.groups[attribute - 1]
  if (group === undefined) throw new Unreadable('a grouped column')
  return reference(group.column, builder)
}

/** A column that is not grouped but determined by a grouped primary key becomes one more group. */
function determined(column: Column, scope: QueryScope, builder: ExpressionBuilder): Column {
  const known = scope.determined.get(column.id)
  if (known !== undefined) return known
  const output = builder.context.newColumn(column.name, column.type)
  scope.groups.push({
    column: output,
    expression: { kind: 'column', id: column.id, name: column.name, type: column.type },
  })
  builder.context.referenced.push(column.id)
  scope.determined.set(column.id, output)
  return output
}
