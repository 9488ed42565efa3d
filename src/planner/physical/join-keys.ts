/** The columns behind the keys of joins, and what is known of them. */
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { asEquality, isRowIndependent } from '../expression-properties.js'
import { conjunctsOf } from '../expression-traversal.js'
import type { LogicalPlan } from '../logical-plan.js'
import { rememberedOfPlans } from '../walk-plans.js'

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
  return id !== undefined && pinnedColumnsOf(plan).has(id)
}

const NONE: ReadonlySet<ColumnId> = new Set()

/** The columns that filters in a plan fix to one value. */
const pinnedColumnsOf = rememberedOfPlans<ReadonlySet<ColumnId>>((node, below) => {
  const [first = NONE, ...others] = below.filter((pinned) => pinned.size > 0)
  const inherited = others.length === 0 ? first : new Set(below.flatMap((pinned) => [...pinned]))
  const own = node.kind === 'filter' ? columnsPinnedBy(node.condition) : []
  return own.length === 0 ? inherited : new Set([...inherited, ...own])
})

function columnsPinnedBy(condition: Expression): readonly ColumnId[] {
  const pinned: ColumnId[] = []
  for (const conjunct of conjunctsOf(condition)) {
    const [a, b] = asEquality(conjunct)?.arguments ?? []
    if (a === undefined || b === undefined) continue
    const [x, y] = [columnOf(a), columnOf(b)]
    if (x !== undefined && isRowIndependent(b)) pinned.push(x)
    if (y !== undefined && isRowIndependent(a)) pinned.push(y)
  }
  return pinned
}
