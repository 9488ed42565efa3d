/** What the catalog knows of the columns in a fragment, traced through its nodes to the tables they come from. */
import type { ColumnDefinition, SourceDefinition } from '../../catalog/catalog.js'
import { locateTable } from '../../catalog/neighbours.js'
import type { Column, ColumnId, Expression } from '../../expressions/expression.js'
import { columnsOf, type LogicalPlan } from '../../planner/logical-plan.js'

export type ColumnFacts = ReadonlyMap<ColumnId, ColumnDefinition>

/** What a source makes of a column of rows that it is sent. */
export type ShippedFacts = (column: Column) => ColumnDefinition | undefined

/** Finds the catalog's column behind every column that is one, unchanged. */
export function columnFacts(
  plan: LogicalPlan,
  source: SourceDefinition,
  ofShipped: ShippedFacts = () => undefined,
): ColumnFacts {
  const facts = new Map<ColumnId, ColumnDefinition>()
  collect(plan, source, facts, ofShipped)
  return facts
}

function collect(
  plan: LogicalPlan,
  source: SourceDefinition,
  facts: Map<ColumnId, ColumnDefinition>,
  ofShipped: ShippedFacts,
): void {
  const copy = (id: ColumnId, expression: Expression): void => {
    const origin = expression.kind === 'relabel' ? expression.argument : expression
    const known = origin.kind === 'column' ? facts.get(origin.id) : undefined
    if (known) facts.set(id, known)
  }
  switch (plan.kind) {
    case 'scan': {
      const table = locateTable(source, plan)?.table
      plan.columns.forEach((column, i) => {
        const definition = table?.columns.find((c) => c.name === plan.tableColumns[i])
        if (definition) facts.set(column.id, definition)
      })
      return
    }
    case 'table-function':
      for (const column of columnsOf(plan)) {
        const definition = ofShipped(column)
        if (definition) facts.set(column.id, definition)
      }
      return
    case 'join':
    case 'set-operation':
      collect(plan.left, source, facts, ofShipped)
      collect(plan.right, source, facts, ofShipped)
      return
    case 'project':
      collect(plan.input, source, facts, ofShipped)
      for (const { column, expression } of plan.expressions) copy(column.id, expression)
      return
    case 'aggregate':
      collect(plan.input, source, facts, ofShipped)
      for (const { column, expression } of plan.groups) copy(column.id, expression)
      return
    default:
      if ('input' in plan) collect(plan.input, source, facts, ofShipped)
  }
}
