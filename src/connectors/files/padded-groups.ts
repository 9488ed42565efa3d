/**
 * Groups of char(n) as groups of text: `GROUP BY c` becomes `GROUP BY rtrim(c)` with `min(c)` as the group's value, since DuckDB knows no
 * char(n) and would take values for different that differ in trailing blanks only. Which of the equal values stands for a group is open, in
 * PostgreSQL as well.
 */
import type { Column, FunctionReference } from '../../expressions/expression.js'
import { columnReference } from '../../planner/expression-traversal.js'
import { withoutBlanks } from '../../planner/known-functions.js'
import {
  columnsOf,
  type AggregateCall,
  type AggregateNode,
  type LogicalPlan,
  type ProjectedColumn,
} from '../../planner/logical-plan.js'
import { mapInputs } from '../../planner/plan-traversal.js'
import { OID, sqlType } from '../../types/sql-type.js'

const LEAST: FunctionReference = {
  ...{ oid: 2245, name: 'min', signature: 'min(bpchar)', schema: 'pg_catalog' },
  ...{ volatility: 'immutable', strict: true },
}

/** The fragment with its groups of char(n) as such of text. */
export function groupsWithoutPadding(plan: LogicalPlan): LogicalPlan {
  const node = mapInputs(plan, groupsWithoutPadding)
  return node.kind === 'aggregate' && node.groups.some(isPadded) ? unpadded(node) : node
}

function isPadded({ column }: ProjectedColumn): boolean {
  return column.type.oid === OID.bpchar
}

function unpadded(node: AggregateNode): LogicalPlan {
  const least: AggregateCall[] = []
  const groups = node.groups.map((group): ProjectedColumn => {
    if (!isPadded(group)) return group
    const { column, expression } = group
    least.push({
      ...{ column, function: LEAST, arguments: [expression], star: false, distinct: false },
      ...{ orderBy: [], form: 'normal', directArguments: [], collation: 'binary' },
    })
    // Only this statement knows the column: the number of the group's own, turned round, is free.
    const text: Column = { ...column, id: -1 - column.id, type: sqlType(OID.text) }
    return { column: text, expression: withoutBlanks(expression) }
  })
  return {
    kind: 'project',
    input: { ...node, groups, aggregates: [...node.aggregates, ...least] },
    expressions: columnsOf(node).map((column) => ({
      ...{ column, expression: columnReference(column) },
    })),
  }
}
