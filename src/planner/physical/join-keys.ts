/** The columns behind the keys of joins, and what is known of them. */
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { asEquality, isRowIndependent } from '../expression-properties.js'
import { conjunctsOf } from '../expression-traversal.js'
import type { LogicalPlan } from '../logical-plan.js'
import { visitPlans } from '../plan-traversal.js'

/** The column that a key is, but for a widening; undefined: it is computed. */
export function columnOf(key: Expression): ColumnId | undefined {
  const subject = narrowest(key)
  if (subject.kind === 'column') return subject.id
  return subject.kind === 'relabel' && subject.argument.kind === 'column'
    ? subject.argument.id
    : undefined
}

/** A column without the widening that a join of two number types put around it: sources have their index on the column. */
export function narrowest(key: Expression): Expression {
  const [argument] = key.kind === 'call' ? key.arguments : []
  const widened =
    key.kind === 'call' &&
    key.form === 'implicit-cast' &&
    (key.function.signature === 'int8(int4)' ||
      key.function.signature === 'int8(int2)' ||
      key.function.signature === 'int4(int2)')
  return widened ? narrowest(argument!) : key
}

/**
 * Tells whether a filter fixes a key to one value. It does so on the other side as well: waiting for that value would keep sources from
 * being asked at the same time, and save nothing.
 */
export function isPinned(plan: LogicalPlan, key: Expression): boolean {
  const id = columnOf(key)
  let found = false
  visitPlans(plan, (node) => {
    if (node.kind !== 'filter') return
    for (const conjunct of conjunctsOf(node.condition)) {
      const [a, b] = asEquality(conjunct)?.arguments ?? []
      if (a === undefined || b === undefined) continue
      if (columnOf(a) === id && isRowIndependent(b)) found = true
      if (columnOf(b) === id && isRowIndependent(a)) found = true
    }
  })
  return id !== undefined && found
}
