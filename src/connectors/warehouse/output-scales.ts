/**
 * How many digits PostgreSQL shows behind the point of each numeric output column of a fragment. Warehouses strip zeros or
 * pad to a scale of their own, so the reader must know. undefined: whatever the source sends is the value.
 */
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { columnsOf, type LogicalPlan } from '../../planner/logical-plan.js'
import { OID, type SqlType } from '../../types/sql-type.js'

type Scales = Map<ColumnId, number>

/** Finds the scale of every output column; undefined for those that are not numeric or have none. */
export function outputScales(plan: LogicalPlan): readonly (number | undefined)[] {
  const scales: Scales = new Map()
  collect(plan, scales)
  return columnsOf(plan).map((column) => scaleOfType(column.type) ?? scales.get(column.id))
}

function scaleOfType(type: SqlType): number | undefined {
  return type.oid === OID.numeric && type.typmod >= 4 ? (type.typmod - 4) & 0x7ff : undefined
}

function collect(plan: LogicalPlan, scales: Scales): void {
  const set = (id: ColumnId, scale: number | undefined): void => {
    if (scale !== undefined) scales.set(id, scale)
  }
  switch (plan.kind) {
    case 'scan':
      for (const column of plan.columns) set(column.id, scaleOfType(column.type))
      return
    case 'join':
      collect(plan.left, scales)
      collect(plan.right, scales)
      return
    case 'set-operation':
      collect(plan.left, scales)
      collect(plan.right, scales)
      plan.columns.forEach((column, i) => set(column.id, scales.get(columnsOf(plan.left)[i]!.id)))
      return
    case 'project':
      collect(plan.input, scales)
      for (const { column, expression } of plan.expressions) {
        set(column.id, scaleOf(expression, scales))
      }
      return
    case 'aggregate':
      collect(plan.input, scales)
      for (const { column, expression } of plan.groups) {
        set(column.id, scaleOf(expression, scales))
      }
      for (const call of plan.aggregates) {
        const [argument] = call.arguments
        if (call.column.type.oid === OID.numeric && argument) {
          set(call.column.id, scaleOf(argument, scales))
        }
      }
      return
    default:
      if ('input' in plan) collect(plan.input, scales)
  }
}

function scaleOf(expression: Expression, scales: Scales): number | undefined {
  const { oid } = expression.type
  if (oid === OID.int2 || oid === OID.int4 || oid === OID.int8) return 0
  switch (expression.kind) {
    case 'column':
      return scaleOfType(expression.type) ?? scales.get(expression.id)
    case 'constant':
      return /^-?\d+(?:\.(\d+))?$/.exec(expression.value ?? '')
        ? (/\.(\d+)$/.exec(expression.value ?? '')?.[1]?.length ?? 0)
        : undefined
    case 'relabel':
      return scaleOf(expression.argument, scales)
    case 'call':
      break
    default:
      return undefined
  }
  const list = expression.arguments.map((argument) => scaleOf(argument, scales))
  const [a, b] = list
  switch (expression.function.name) {
    case 'numeric':
    case 'numeric_uminus':
      return a
    case 'extract':
      return 0
    case 'numeric_add':
    case 'numeric_sub':
      return a === undefined || b === undefined ? undefined : Math.max(a, b)
    case 'numeric_mul':
      return a === undefined || b === undefined ? undefined : a + b
    default:
      return undefined
  }
}
