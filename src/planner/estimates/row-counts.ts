/**
 * What is known of the counts in LIMIT and OFFSET. A parameter is known to be at most so many where the plan is only run with such values:
 * plans are made for steps of them, nine to an order of ten, so that pages of ten and of twenty rows have a plan each and a thousand
 * different offsets do not have a thousand.
 */
import type { Expression, ParameterExpression } from '../../expressions/expression.js'
import { OID } from '../../types/sql-type.js'
import type { LimitNode } from '../logical-plan.js'

/** The most that parameters can be, by index ($1 is 1): a promise, unlike an estimate. */
export type MostByParameter = Readonly<Record<string, string | null>>

/** LIMIT plus OFFSET at most; undefined: unknown. */
export function mostRows(
  { limit, offset }: LimitNode,
  atMost: MostByParameter,
): bigint | undefined {
  const rows = mostOf(limit, atMost)
  const skipped = offset === undefined ? 0n : mostOf(offset, atMost)
  return rows === undefined || skipped === undefined ? undefined : rows + skipped
}

/** The most that a count can be; undefined: unknown, or no count (NULL, negative). */
export function mostOf(
  expression: Expression | undefined,
  atMost: MostByParameter,
): bigint | undefined {
  const parameter = countParameter(expression)
  const known =
    expression?.kind === 'constant'
      ? expression.value
      : parameter && (atMost[parameter.index] ?? null)
  if (known === undefined || known === null) return undefined
  const value = BigInt(known)
  return value < 0n ? undefined : value
}

const INTEGERS: ReadonlySet<number> = new Set([OID.int2, OID.int4, OID.int8])

/** The parameter that a count is, as the client declared it. */
export function countParameter(
  expression: Expression | undefined,
): ParameterExpression | undefined {
  if (expression?.kind === 'parameter') {
    return INTEGERS.has(expression.type.oid) ? expression : undefined
  }
  const isWidened =
    expression?.kind === 'call' &&
    expression.function.schema === 'pg_catalog' &&
    expression.function.name === 'int8' &&
    expression.arguments.length === 1
  return isWidened ? countParameter(expression.arguments[0]) : undefined
}

/** Of every order of ten. A step is at most half as large again as the value: so many more rows than are wanted may move. */
const STEPS = [10, 15, 20, 25, 30, 40, 50, 60, 80]
/** Counts above read so much that a plan for them is the plan for all. */
const LARGEST = 1_000_000

/** The smallest step that is not below a value; undefined: no plan is made for such values. */
export function stepAbove(value: string | null): number | undefined {
  const count = value === null ? NaN : Number(value)
  if (!(count >= 0 && count <= LARGEST)) return undefined
  if (count <= 10) return count
  const order = 10 ** (String(count).length - 2)
  return (STEPS.find((step) => step * order >= count) ?? 100) * order
}
