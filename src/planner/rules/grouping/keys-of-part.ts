/**
 * What the groups of a part of a join are told apart by: columns of it that are read above, and expressions over such columns, computed
 * below where all that is read of the columns are these: `date_trunc('year', o.ordered)` above needs the years of the orders, not their days.
 *
 * Only expressions that have a value for every row (never-fails.ts): the join may leave out the row for which `100 / o.discount` has
 * none, and PostgreSQL does not compute it there. Tempting and wrong as well: `coalesce(o.status, 'none')` of the right side of a left
 * join, which is 'none' where there is no order.
 */
import type { Column, ColumnId, Expression } from '../../../expressions/expression.js'
import { baseColumn } from '../../estimates/selectivity.js'
import { isNullWhenNull, isVolatile, usesAny, usesOnly } from '../../expression-properties.js'
import {
  argumentsOf,
  columnReference,
  expressionKey,
  hasSubquery,
  mapArguments,
} from '../../expression-traversal.js'
import type { JoinPart, MapExpression } from '../../join-parts.js'
import { columnsOf } from '../../logical-plan.js'
import type { ProjectedColumn } from '../../logical-plan.js'
import { neverFails } from '../../never-fails.js'
import { columnsUsedBy, usedColumnsOf } from '../../used-columns.js'
import type { ColumnIds } from '../../column-ids.js'
import { localTruncation } from './local-truncation.js'

export interface PartKeys {
  readonly groups: readonly ProjectedColumn[]
  /** The columns among them. */
  readonly columns: ReadonlySet<ColumnId>
  /** Expressions above, over what the groups have. */
  readonly map: MapExpression
}

type Part = Pick<JoinPart, 'plan' | 'columns' | 'supplied' | 'complete'>

/** What is computed below for an expression, and what is made of that above. */
interface Computed {
  readonly expression: Expression
  above(key: Expression): Expression
}

/** The expression itself where the source computes it, else what it is made of; undefined: neither. */
function computedBy(
  expression: Expression,
  canCompute: (expression: Expression) => boolean,
): Computed | undefined {
  if (canCompute(expression)) return { expression, above: (key) => key }
  const truncation = localTruncation(expression)
  if (truncation === undefined || !canCompute(truncation.local)) return undefined
  return { expression: truncation.local, above: truncation.moment }
}

/** The columns of a part that are read above, as they are. */
export function columnKeys(part: Part, above: readonly Expression[]): PartKeys {
  return keysWith(part, usedColumnsOf(...above), new Map(), (expression) => expression)
}

/**
 * The same with what is computed from them alone computed below; undefined where there is nothing of the kind. `canCompute` tells whether
 * the part's source groups by an expression.
 */
export function computedKeys(
  part: Part,
  above: readonly Expression[],
  ids: ColumnIds,
  canCompute: (expression: Expression) => boolean,
): PartKeys | undefined {
  const read = new Set<ColumnId>()
  const movable = new Map<string, Computed>()
  const collect = (expression: Expression): void => {
    if (expression.kind === 'column') {
      if (part.columns.has(expression.id)) read.add(expression.id)
    } else if (hasSubquery(expression)) {
      for (const id of columnsUsedBy(expression)) if (part.columns.has(id)) read.add(id)
    } else if (usesAny(expression, part.columns)) {
      const computed = isMovable(expression, part) ? computedBy(expression, canCompute) : undefined
      if (computed !== undefined) movable.set(expressionKey(expression), computed)
      else argumentsOf(expression).forEach(collect)
    }
  }
  above.forEach(collect)
  const computed = new Map<string, ProjectedColumn & Computed>()
  for (const [key, { expression, above: made }] of movable) {
    // All its columns are keys: it tells no more groups apart.
    if (usesOnly(expression, read)) continue
    const column: Column = { id: ids.next(), name: 'key', type: expression.type }
    computed.set(key, { column, expression, above: made })
  }
  if (computed.size === 0) return undefined
  const map: MapExpression = (expression) => {
    if (expression.kind === 'column' || hasSubquery(expression)) return expression
    if (!usesAny(expression, part.columns)) return expression
    const known = computed.get(expressionKey(expression))
    if (known === undefined) return mapArguments(expression, map)
    return known.above(columnReference(known.column))
  }
  return keysWith(part, read, computed, map)
}

function keysWith(
  part: Part,
  read: ReadonlySet<ColumnId>,
  computed: ReadonlyMap<string, ProjectedColumn>,
  map: MapExpression,
): PartKeys {
  const columns = columnsOf(part.plan).filter((column) => read.has(column.id))
  return {
    groups: [
      ...columns.map((column) => ({ column, expression: columnReference(column) })),
      ...[...computed.values()].map(({ column, expression }) => ({ column, expression })),
    ],
    columns: new Set(columns.map((column) => column.id)),
    map,
  }
}

/**
 * Tells whether an expression is more than a column, of the part alone, and may be computed for rows that the join leaves out. Where an outer
 * join finds no match it gives NULL for the key, as the expression must.
 */
function isMovable(expression: Expression, part: Part): boolean {
  return (
    baseColumn(expression) === undefined &&
    usedColumnsOf(expression).size > 0 &&
    usesOnly(expression, part.columns) &&
    !isVolatile(expression) &&
    (part.complete === true || neverFails(expression)) &&
    (!part.supplied || isNullWhenNull(expression, part.columns))
  )
}
