/**
 * Range conditions of a join: `held <= streamed` and `held >= streamed`, as in `BETWEEN`, overlapping intervals, or the latest
 * price before a sale. They bound the held rows that a streamed row can match, so that not every pair is tested.
 */
import { isComparableNatively } from '../../expressions/compare.js'
import type { CallExpression, Column, ColumnId, Expression } from '../../expressions/expression.js'
import { isComparison } from '../../expressions/kernels/registry.js'
import { conjunctsOf } from '../../planner/expression-traversal.js'
import { isVolatile } from '../../planner/expression-properties.js'
import { usedColumnsOf } from '../../planner/used-columns.js'
import { isBinaryCollation } from '../sort/native-sort.js'

/** One side of a range: the held expression is below (or above) the streamed one. */
export interface RangeBound {
  readonly held: Expression
  readonly streamed: Expression
  /** Equal values satisfy it. */
  readonly inclusive: boolean
}

/** What bounds the held rows of a pair; at least one side. */
export interface RangeCondition {
  /** held < streamed or held <= streamed. */
  readonly upper?: RangeBound
  /** held > streamed or held >= streamed. */
  readonly lower?: RangeBound
}

/** How the operators look from the other side. */
const FLIPPED: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

/** Finds a range in a join condition; undefined when it has none that sorting can use. */
export function rangeConditionOf(
  condition: Expression | undefined,
  streamed: readonly Column[],
  held: readonly Column[],
): RangeCondition | undefined {
  const uppers: RangeBound[] = []
  const lowers: RangeBound[] = []
  const streamedIds = new Set(streamed.map((column) => column.id))
  const heldIds = new Set(held.map((column) => column.id))
  for (const conjunct of conjunctsOf(condition)) {
    if (!isUsable(conjunct)) continue
    const [left, right] = conjunct.arguments as [Expression, Expression]
    let operator = conjunct.operator!
    let bound: RangeBound
    const inclusive = operator.endsWith('=')
    if (isOver(left, heldIds) && isOver(right, streamedIds)) {
      bound = { held: left, streamed: right, inclusive }
    } else if (isOver(left, streamedIds) && isOver(right, heldIds)) {
      bound = { held: right, streamed: left, inclusive }
      operator = FLIPPED[operator]!
    } else {
      continue
    }
    if (operator.startsWith('<')) uppers.push(bound)
    else lowers.push(bound)
  }
  // Both bounds of one expression cut out exactly the matching rows.
  const same = (a: RangeBound, b: RangeBound): boolean =>
    JSON.stringify(a.held) === JSON.stringify(b.held)
  const upper = uppers.find((each) => lowers.some((other) => same(each, other))) ?? uppers[0]
  const lower = lowers.find((each) => upper !== undefined && same(each, upper)) ?? lowers[0]
  if (upper === undefined && lower === undefined) return undefined
  return { ...(upper === undefined ? {} : { upper }), ...(lower === undefined ? {} : { lower }) }
}

function isUsable(conjunct: Expression): conjunct is CallExpression {
  if (conjunct.kind !== 'call' || !Object.hasOwn(FLIPPED, conjunct.operator ?? '')) return false
  const [left, right] = conjunct.arguments
  return (
    isComparison(conjunct.function) &&
    left !== undefined &&
    left.type.oid === right?.type.oid &&
    isComparableNatively(left.type) &&
    isBinaryCollation(conjunct.collation) &&
    !isVolatile(conjunct)
  )
}

function isOver(expression: Expression, ids: ReadonlySet<ColumnId>): boolean {
  const used = usedColumnsOf(expression)
  return used.size > 0 && [...used].every((id) => ids.has(id))
}
