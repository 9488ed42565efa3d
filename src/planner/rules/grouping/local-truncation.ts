/**
 * A day truncated to a year is, in PostgreSQL, the moment at which the year begins in the session's time zone: `date_trunc('year', day)`
 * casts the day to timestamptz. Few sources know that zone. Nearly all know the year without one, of which the moment is made here:
 *
 *     date_trunc('year', day::timestamptz)  =  date_trunc('year', day::timestamp)::timestamptz
 *
 * Sound for units of a day and longer: PostgreSQL looks for the offset of the truncated local time then, as the cast does. Tempting and
 * wrong: for hours, whose offset is that of the moment truncated (01:30 comes twice when clocks go back).
 */
import type { CallExpression, Expression } from '../../../expressions/expression.js'
import { UNITS_OF_DAYS } from '../../../types/datetime/moment-units.js'
import { asTimestamp, asTimestamptz, truncatedTimestamp } from '../../known-functions.js'

/** The local time of which such a truncation is the moment, and how that is made of it; undefined for any other expression. */
export function localTruncation(
  expression: Expression,
): { readonly local: CallExpression; moment(local: Expression): Expression } | undefined {
  if (!isCall(expression, 'date_trunc(text,timestamptz)')) return undefined
  const [unit, moment] = expression.arguments
  if (unit?.kind !== 'constant' || !UNITS_OF_DAYS.includes(unit.value ?? '')) return undefined
  if (moment === undefined || !isCall(moment, 'timestamptz(date)')) return undefined
  const [day] = moment.arguments
  return day && { local: truncatedTimestamp(unit, asTimestamp(day)), moment: asTimestamptz }
}

function isCall(expression: Expression, signature: string): expression is CallExpression {
  return (
    expression.kind === 'call' &&
    expression.function.schema === 'pg_catalog' &&
    expression.function.signature === signature
  )
}
