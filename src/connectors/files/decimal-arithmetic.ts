/**
 * Which arithmetic of decimals DuckDB is given. It keeps a result of two numbers of up to 18 digits in 18 digits where it can, and never more than 38:
 * what does not fit is an error there, never another number. PostgreSQL has room for all of them.
 *
 * A product of two columns of 15 digits could have 30, but hardly any has. So arithmetic of columns of up to 18 digits is sent where the room
 * that is left will do for numbers as they occur (who declares more digits may have them); where it does not, the statement fails with `numericValueOutOfRange` before a row of it has come, and
 * is planned once more with `hasRoomForAll`, which sends only what cannot fail.
 */
import type { Expression } from '../../expressions/expression.js'
import { somePart } from '../../planner/expression-traversal.js'
import { expressionsOf } from '../../planner/plan-traversal.js'
import type { LogicalPlan } from '../../planner/logical-plan.js'
import { OID } from '../../types/sql-type.js'
import { decimalShape, type DecimalShape } from '../sql/decimal-shape.js'

/** Digits that fit into one word, and into DuckDB's widest DECIMAL. */
const SHORT = 18
const LONG = 38
/** Digits before the point that numbers as they occur do not go beyond. */
const USUAL = 9
/** Digits that sums of them do not go beyond. */
const USUAL_OF_SUM = 20
/** Digits that adding 10^12 rows puts in front. */
const ADDED_BY_SUM = 12

/** A DECIMAL of DuckDB. */
interface Decimal {
  readonly width: number
  readonly scale: number
  /** Some value of the arithmetic below may have more digits than are kept, if its numbers have all the digits that they may. */
  readonly mayFail: boolean
  /** Nothing in it is declared with more digits than amounts and quantities have. */
  readonly isUsual: boolean
}

/** The type that DuckDB gives to an expression of decimals; undefined: not known, or none. */
function decimalOf(expression: Expression): Decimal | undefined {
  if (expression.kind === 'relabel') return decimalOf(expression.argument)
  const shape = decimalShape(expression)
  const isArithmetic =
    expression.kind === 'call' && /^numeric_(add|sub|mul)$/.test(expression.function.name)
  if (shape === undefined || !isArithmetic) {
    if (expression.kind === 'call' && expression.function.name === 'numeric_uminus') {
      const [argument] = expression.arguments
      return argument && decimalOf(argument)
    }
    return shape && plain(shape)
  }
  const [a, b] = expression.arguments.map(decimalOf)
  if (a === undefined || b === undefined) return undefined
  const isProduct = expression.function.name === 'numeric_mul'
  const scale = isProduct ? a.scale + b.scale : Math.max(a.scale, b.scale)
  const width = isProduct
    ? a.width + b.width
    : Math.max(a.width - a.scale, b.width - b.scale) + scale + 1
  const isShort = a.width <= SHORT && b.width <= SHORT && (!isProduct || scale < SHORT)
  const kept = isShort && width > SHORT ? SHORT : Math.min(width, LONG)
  return {
    ...{ width: kept, scale, mayFail: kept < width || a.mayFail || b.mayFail },
    isUsual: a.isUsual && b.isUsual,
  }
}

function plain({ whole, scale }: DecimalShape): Decimal | undefined {
  const width = whole + scale
  return width <= LONG ? { width, scale, mayFail: false, isUsual: width <= SHORT } : undefined
}

/** Tells whether the result of numeric arithmetic will have room, if its numbers are no larger than usual. */
export function hasRoom(call: Expression): boolean {
  const decimal = decimalOf(call)
  if (decimal === undefined || decimal.scale > LONG) return false
  return !decimal.mayFail || (decimal.isUsual && decimal.width - decimal.scale >= USUAL)
}

/** The same of a sum. */
export function hasRoomForSum(argument: Expression): boolean {
  const decimal = decimalOf(argument)
  if (decimal === undefined) return false
  return isSumSafe(decimal) || (decimal.isUsual && LONG - decimal.scale >= USUAL_OF_SUM)
}

function isSumSafe({ width }: Decimal): boolean {
  return width + ADDED_BY_SUM <= LONG
}

/** Tells whether nothing in an expression can have more digits than DuckDB keeps. */
export function hasRoomForAll(expression: Expression): boolean {
  return !somePart(expression, (part) => isOfUnknownDigits(part) || mayFail(part))
}

function mayFail(part: Expression): boolean {
  if (part.kind !== 'call' || !part.function.name.startsWith('numeric_')) return false
  return decimalOf(part)?.mayFail === true
}

/** A value that is known only when the statement runs: DuckDB brings it and what it meets to one DECIMAL, which may lack room. */
function isOfUnknownDigits(part: Expression): boolean {
  const isGiven = part.kind === 'parameter' || part.kind === 'column'
  return isGiven && part.type.oid === OID.numeric && decimalShape(part) === undefined
}

/** The same of all that a node computes. */
export function nodeHasRoomForAll(node: LogicalPlan): boolean {
  if (!expressionsOf(node).every(hasRoomForAll)) return false
  if (node.kind !== 'aggregate') return true
  return node.aggregates.every(({ function: fn, arguments: [argument] }) => {
    if (fn.name !== 'sum' || argument?.type.oid !== OID.numeric) return true
    const decimal = decimalOf(argument)
    return decimal === undefined || isSumSafe(decimal)
  })
}
