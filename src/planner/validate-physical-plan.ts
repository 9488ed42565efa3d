/** Checks that a physical plan hangs together: operators use only columns their inputs deliver, and ids are unique. */
import { EngineError, SQLSTATE } from '../errors.js'
import type { ColumnId, Expression } from '../expressions/expression.js'
import { inputsOf } from './physical-plan.js'
import type { PhysicalPlan } from './physical-plan.js'
import { usedColumnsOf } from './used-columns.js'

/** Throws XX000 when an operator uses a column that none of its inputs delivers. */
export function validatePhysicalPlan(plan: PhysicalPlan): void {
  const seen = new Set<number>()
  const check = (node: PhysicalPlan): void => {
    if (seen.has(node.id)) broken(`Plan id ${node.id} is used twice`)
    seen.add(node.id)
    const inputs = inputsOf(node)
    inputs.forEach(check)
    const available = new Set<ColumnId>()
    for (const input of inputs) for (const column of input.columns) available.add(column.id)
    for (const id of usedColumnsOf(...expressionsOf(node))) {
      if (!available.has(id)) broken(`Operator ${node.kind} uses column ${id}, which no input has`)
    }
  }
  check(plan)
}

function expressionsOf(node: PhysicalPlan): readonly Expression[] {
  switch (node.kind) {
    case 'filter':
      return [node.condition]
    case 'project':
    case 'project-set':
      return node.expressions.map((item) => item.expression)
    case 'hash-join':
    case 'bind-join':
      return [
        ...node.keys.flatMap((key) => [key.left, key.right]),
        ...(node.residual === undefined ? [] : [node.residual]),
      ]
    case 'nested-loop-join':
    case 'apply':
      return node.condition === undefined ? [] : [node.condition]
    case 'hash-aggregate':
      return [
        ...node.groups.map((group) => group.expression),
        ...node.aggregates.flatMap((call) => [
          ...call.arguments,
          ...(call.filter === undefined ? [] : [call.filter]),
          ...call.orderBy.map((key) => key.expression),
        ]),
      ]
    case 'window':
      return [
        ...node.partitionBy,
        ...node.orderBy.map((key) => key.expression),
        ...node.calls.flatMap((call) => call.arguments),
      ]
    case 'distinct-on':
      return node.on
    case 'sort':
    case 'top-n':
      return node.keys.map((key) => key.expression)
    case 'values':
      return node.rows.flat()
    default:
      return []
  }
}

function broken(message: string): never {
  throw new EngineError(SQLSTATE.internalError, message, { category: 'internal' })
}
