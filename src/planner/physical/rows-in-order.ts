/**
 * Finds the part of a plan that its first rows can be read from: one whose rows, in their order, give the plan's rows in its order.
 *
 *     sort(project(join(items, orders)))  by items.price, orders.id     -- items.order_id = orders.id
 *     is led by
 *     items                               by items.price, items.order_id
 *
 * Sound where each row of the plan comes from one row of the part: filters, projections, and joins on the side whose rows they multiply or
 * drop one by one. A key of the other side may stand for an equal column of the part, under an equality that holds for every row.
 * Tempting and wrong: below groups, windows and DISTINCT, which see several rows at once; below the side of an outer join that is padded;
 * an equality in the condition of an outer join, which rows without a match do not fulfil.
 */
import type { Column, ColumnId, Expression } from '../../expressions/expression.js'
import { OID } from '../../types/sql-type.js'
import { asEquality, usesOnly } from '../expression-properties.js'
import { columnReference, conjunctsOf } from '../expression-traversal.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type { JoinNode, LogicalPlan, SortKey } from '../logical-plan.js'
import { columnOf } from './join-keys.js'
import { mapSortKeys } from '../plan-traversal.js'
import { substituteColumns } from '../used-columns.js'
import { replacementsOf } from '../rules/merge-projects.js'

/** A part of a plan, with the order of its rows. */
export interface LeadingPart {
  readonly part: LogicalPlan
  readonly keys: readonly SortKey[]
}

/** The largest parts that lead a plan, of those that `isWanted`. */
export function leadingParts(
  plan: LogicalPlan,
  keys: readonly SortKey[],
  isWanted: (part: LogicalPlan) => boolean,
): readonly LeadingPart[] {
  const ids = columnIdsOf(plan)
  if (!keys.every((key) => usesOnly(key.expression, ids))) return []
  if (isWanted(plan)) return [{ part: plan, keys }]
  switch (plan.kind) {
    case 'filter':
      return leadingParts(plan.input, keys, isWanted)
    case 'project': {
      const replacements = replacementsOf(plan)
      const below = mapSortKeys(keys, (key) => substituteColumns(key, replacements))
      return leadingParts(plan.input, below, isWanted)
    }
    case 'join':
      return leadingSides(plan).flatMap((side) =>
        leadingParts(plan[side], keysOfSide(plan, side, keys), isWanted),
      )
    default:
      return []
  }
}

/** Puts another part in the place of a leading one. */
export function withLeadingPart(
  plan: LogicalPlan,
  part: LogicalPlan,
  replacement: LogicalPlan,
): LogicalPlan {
  if (plan === part) return replacement
  const inside = (input: LogicalPlan) => withLeadingPart(input, part, replacement)
  switch (plan.kind) {
    case 'filter':
    case 'project': {
      const input = inside(plan.input)
      return input === plan.input ? plan : { ...plan, input }
    }
    case 'join': {
      const [left, right] = [inside(plan.left), inside(plan.right)]
      return left === plan.left && right === plan.right ? plan : { ...plan, left, right }
    }
    default:
      return plan
  }
}

/** The leading part that `isInner`, and the largest around it that `isWanted`. */
export function partAround(
  plan: LogicalPlan,
  isInner: (part: LogicalPlan) => boolean,
  isWanted: (part: LogicalPlan) => boolean,
): { readonly inner: LogicalPlan; readonly outer: LogicalPlan } | undefined {
  if (isInner(plan)) return { inner: plan, outer: plan }
  for (const input of leadingInputs(plan)) {
    const found = partAround(input, isInner, isWanted)
    if (found !== undefined) return isWanted(plan) ? { ...found, outer: plan } : found
  }
  return undefined
}

/** The inputs whose rows a node takes one by one. */
function leadingInputs(plan: LogicalPlan): readonly LogicalPlan[] {
  switch (plan.kind) {
    case 'filter':
    case 'project':
      return [plan.input]
    case 'join':
      return leadingSides(plan).map((side) => plan[side])
    default:
      return []
  }
}

/** The sides whose rows a join takes one by one. */
function leadingSides(node: JoinNode): readonly ('left' | 'right')[] {
  // A row with a second match is an error, whichever rows are wanted.
  if (node.lateral || node.atMostOne === true) return []
  switch (node.joinType) {
    case 'inner':
      return ['left', 'right']
    case 'left':
    case 'semi':
    case 'anti':
    case 'mark':
      return ['left']
    case 'right':
      return ['right']
    case 'full':
      return []
  }
}

/** The keys with columns of the side in the place of their equals on the other side. */
function keysOfSide(
  node: JoinNode,
  side: 'left' | 'right',
  keys: readonly SortKey[],
): readonly SortKey[] {
  if (node.joinType !== 'inner') return keys
  const own = new Map<ColumnId, Column>(columnsOf(node[side]).map((column) => [column.id, column]))
  const equals = new Map<ColumnId, Expression>()
  for (const conjunct of conjunctsOf(node.condition)) {
    const equality = asEquality(conjunct)
    if (equality === undefined || equality.collation !== 'binary') continue
    const [a, b] = equality.arguments.map(columnOf)
    if (a === undefined || b === undefined) continue
    for (const [mine, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const column = own.get(mine)
      if (column !== undefined && !own.has(other)) equals.set(other, columnReference(column))
    }
  }
  return keys.map((key) => {
    const id = columnOf(key.expression)
    const equal = id === undefined ? undefined : equals.get(id)
    if (equal === undefined || !sortAlike(key.expression.type.oid, equal.type.oid)) return key
    // Where it is NULL there is no match: such rows need not come first.
    return { ...key, expression: equal, nullsFirst: false }
  })
}

const WHOLE_NUMBERS: ReadonlySet<number> = new Set([OID.int2, OID.int4, OID.int8])

/** Tells whether equal values of two types have the same place in an order. */
function sortAlike(a: number, b: number): boolean {
  return a === b || (WHOLE_NUMBERS.has(a) && WHOLE_NUMBERS.has(b))
}
