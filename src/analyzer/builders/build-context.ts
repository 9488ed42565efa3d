/** What all builders of one statement share. */
import type { Column, ColumnId } from '../../expressions/expression.js'
import type { LogicalPlan } from '../../planner/logical-plan.js'
import type { SqlType } from '../../types/sql-type.js'
import type { PostgresFacts } from '../postgres-facts.js'
import type { QueryScope, Recursion } from './query-scope.js'
import type { TreeNode } from '../tree-reader.js'
import type { VirtualRelations } from '../virtual-relations.js'

export interface BuildContext {
  readonly facts: PostgresFacts
  readonly relations: VirtualRelations
  /** Makes a column of a new id. */
  newColumn(name: string, type: SqlType): Column
  /** Gives a new id for a common table. */
  newCommonTable(): number
  /** Ids of all columns that expressions referred to, in the order of reading: tells what a lateral item uses. */
  readonly referenced: ColumnId[]
  /** Prints the literal at a byte of the statement as its type does; undefined when there is none. */
  literalText(location: number, type: number): string | undefined
  /** Builds a query one level below `parent`; its visible columns, in order, are the plan's. */
  buildQuery(query: TreeNode, parent: QueryScope | undefined, recursion?: Recursion): LogicalPlan
}
