/** Which columns a node needs of what is below it. */
import { expressionsOf } from '../plan-traversal.js'
import { usedColumnsOf } from '../used-columns.js'
import type { Column, ColumnId, Expression } from '../../expressions/expression.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type { LogicalPlan } from '../logical-plan.js'

export type Ids = ReadonlySet<ColumnId>

export function withUsed(required: Ids, condition: Expression | undefined): Set<ColumnId> {
  const all = condition === undefined ? new Set<ColumnId>() : usedColumnsOf(condition)
  for (const id of required) all.add(id)
  return all
}

/** The columns a node needs of its input. */
export function requiredBelow(node: LogicalPlan, required: Ids): Ids {
  switch (node.kind) {
    case 'distinct':
      return columnIdsOf(node.input)
    case 'aggregate':
    case 'project-set':
      return usedColumnsOf(...expressionsOf(node))
    default: {
      const all = usedColumnsOf(...expressionsOf(node))
      for (const id of required) all.add(id)
      return all
    }
  }
}

/** The columns of a plan that are required; one where none is. */
export function columnsWithin(node: LogicalPlan, required: Ids): readonly Column[] {
  const columns = columnsOf(node)
  const needed = columns.filter((column) => required.has(column.id))
  return needed.length > 0 ? needed : columns.slice(0, 1)
}

/** What is required, with a column of the plan where none of it is one: what stands for its rows elsewhere delivers the same then. */
export function withOneOf(node: LogicalPlan, required: Ids): Ids {
  return new Set([...required, ...columnsWithin(node, required).map((column) => column.id)])
}
