/**
 * Estimates how many different values an expression has from what is known of its columns: `date_trunc('year', ordered)` over seven years has
 * seven, `id % 10` ten, a condition two, CASE as many as its results. What nothing better is known of has at most one value for each
 * combination of its columns' values.
 *
 * Follows ranges: the ends of `ordered` are those of its years. Conditions that leave a part of a column's values leave that part of its
 * range. Naive where values lie apart: seven years of which only two have rows are still seven, unless the column's own values are fewer.
 */
import type { ColumnStatistics } from '../../catalog/catalog.js'
import type {
  CallExpression,
  ColumnExpression,
  ColumnId,
  Expression,
} from '../../expressions/expression.js'
import { OID } from '../../types/sql-type.js'
import { positionOf } from './column-shares.js'
import { argumentsOf, expressionKey, hasSubquery, somePart } from '../expression-traversal.js'
import { isVolatile } from '../expression-properties.js'
import { usedColumnsOf } from '../used-columns.js'
import { sampledValues } from './sampled-values.js'

/** What is known of the columns of an expression. */
export interface ValueFacts {
  statistics(id: ColumnId): ColumnStatistics | undefined
  /** Different values, of those that conditions leave. */
  distinct(id: ColumnId): number | undefined
  /** The share of the different values that conditions leave. */
  share(id: ColumnId): number
}

/** Different values of an expression; undefined: unknown. */
export function valuesOf(expression: Expression, facts: ValueFacts): number | undefined {
  if (isVolatile(expression) || hasSubquery(expression)) return undefined
  const own = ownValues(expression, facts)
  const combinations = combinationsOf(expression, facts)
  if (own === undefined || combinations === undefined) return own ?? combinations
  return Math.min(own, combinations)
}

/** At most one value for each combination of the columns' values. */
function combinationsOf(expression: Expression, facts: ValueFacts): number | undefined {
  let product = 1
  for (const id of usedColumnsOf(expression)) {
    const values = facts.distinct(id)
    if (values === undefined) return undefined
    product *= Math.max(1, values)
  }
  return product
}

/** By what the expression does with its arguments. */
function ownValues(expression: Expression, facts: ValueFacts): number | undefined {
  if (usedColumnsOf(expression).size === 0) return 1
  if (expression.type.oid === OID.bool) return expression.kind === 'is-null' ? 2 : truths(expression, facts) // prettier-ignore
  switch (expression.kind) {
    case 'column':
      return facts.distinct(expression.id)
    case 'relabel':
    case 'io-cast':
      return valuesOf(expression.argument, facts)
    case 'null-if':
      return valuesOf(expression.arguments[0], facts)
    case 'case': {
      const { branches, otherwise } = expression
      return sumOfResults([...branches.map(({ result }) => result), otherwise], facts)
    }
    case 'coalesce':
    case 'min-max':
      return sumOfResults(expression.arguments, facts)
    case 'call':
      return valuesOfCall(expression, facts)
    default:
      return productOf(argumentsOf(expression), facts)
  }
}

/** True and false, and NULL where a column may be. */
function truths(expression: Expression, facts: ValueFacts): number {
  const ids = [...usedColumnsOf(expression)]
  return ids.some((id) => (facts.statistics(id)?.nullFraction ?? 0) > 0) ? 3 : 2
}

/** Results that are alike count once. */
function sumOfResults(results: readonly Expression[], facts: ValueFacts): number | undefined {
  const different = new Map(results.map((result) => [expressionKey(result), result]))
  let sum = 0
  for (const result of different.values()) {
    const values = valuesOf(result, facts)
    if (values === undefined) return undefined
    sum += values
  }
  return sum
}

function productOf(parts: readonly Expression[], facts: ValueFacts): number | undefined {
  let product = 1
  for (const part of parts) {
    const values = valuesOf(part, facts)
    if (values === undefined) return undefined
    product *= values
  }
  return product
}

function valuesOfCall(call: CallExpression, facts: ValueFacts): number | undefined {
  if (call.function.schema !== 'pg_catalog') return productOf(call.arguments, facts)
  const known = [
    productOf(call.arguments, facts),
    steps(call, facts),
    boundOfFunction(call, facts) ?? boundOfSample(call, facts),
  ].filter((bound) => bound !== undefined)
  return known.length === 0 ? undefined : Math.max(1, Math.min(...known))
}

/** Of functions that follow no range: what they make of the values that are known. */
function boundOfSample(call: CallExpression, facts: ValueFacts): number | undefined {
  let column: ColumnExpression | undefined
  somePart(call, (part) => {
    if (part.kind === 'column') column = part
    return false
  })
  const [id, other] = usedColumnsOf(call)
  const statistics = id === undefined ? undefined : facts.statistics(id)
  if (column === undefined || statistics === undefined || other !== undefined) return undefined
  const values = sampledValues(call, column, statistics)
  return values === undefined ? undefined : values * facts.share(column.id)
}

/** Values that a function has at most, whatever it is given. */
function boundOfFunction(call: CallExpression, facts: ValueFacts): number | undefined {
  const [first, second] = call.arguments
  switch (call.function.name) {
    case 'date_trunc':
      return first && second && spansOf(textOf(first), second, facts)
    case 'extract':
    case 'date_part': {
      if (first === undefined || second === undefined || second.type.oid === OID.interval) break
      const field = textOf(first)
      const spans = spansOf(SPAN_OF_FIELD[field] ?? field, second, facts)
      return Math.min(CYCLES[field] ?? Infinity, spans ?? Infinity)
    }
    case 'mod':
    case 'int2mod':
    case 'int4mod':
    case 'int8mod': {
      const divisor = second && Math.abs(numberOf(second))
      if (divisor === undefined || !(divisor > 0)) break
      // The remainder has the sign of what is divided.
      const low = first && rangeOf(first, facts)?.low
      return low === undefined || low >= 0 ? divisor : 2 * divisor - 1
    }
    case 'sign':
      return 3
  }
  return undefined
}

/** Fields that come again, and how many values each has. */
const CYCLES: Readonly<Record<string, number>> = {
  ...{ quarter: 4, month: 12, week: 53, day: 31, doy: 366, dow: 7, isodow: 7 },
  ...{ hour: 24, minute: 60, timezone: 1, timezone_hour: 1, timezone_minute: 1 },
}

/** What a field counts, where that is another word than its own. */
const SPAN_OF_FIELD: Readonly<Record<string, string>> = {
  ...{ dow: 'day', isodow: 'day', doy: 'day', isoyear: 'year', julian: 'day' },
}

/** How many whole numbers or days lie between the ends of what a call has; undefined: its values are no such steps. */
function steps(call: CallExpression, facts: ValueFacts): number | undefined {
  const { oid } = call.type
  const isWhole =
    WHOLE_NUMBERS.has(oid) || (oid === OID.numeric && ROUNDING.has(call.function.signature))
  if (!isWhole && oid !== OID.date) return undefined
  const range = rangeOf(call, facts)
  if (range === undefined) return undefined
  const step = oid === OID.date ? DAY : 1
  return (Math.floor((range.high - range.low) / step) + 1) * range.share
}

const WHOLE_NUMBERS: ReadonlySet<number> = new Set([OID.int2, OID.int4, OID.int8])
const ROUNDING: ReadonlySet<string> = new Set([
  ...['round(numeric)', 'floor(numeric)', 'ceil(numeric)', 'ceiling(numeric)', 'trunc(numeric)'],
])

/** In milliseconds. */
const DAY = 86_400_000

/** How long the spans of a unit are at least, in milliseconds: those shorter than a month. */
const LENGTHS: Readonly<Record<string, number>> = {
  ...{ second: 1000, minute: 60_000, hour: 3_600_000, day: DAY, week: 7 * DAY },
}

const MONTHS: Readonly<Record<string, number>> = {
  ...{ month: 1, quarter: 3, year: 12, decade: 120, century: 1200, millennium: 12_000 },
}

/** How many spans of a unit (years, hours) the range of an expression touches. */
function spansOf(unit: string, of: Expression, facts: ValueFacts): number | undefined {
  if (!MOMENTS.has(of.type.oid)) return undefined
  const range = rangeOf(of, facts)
  if (range === undefined) return undefined
  const months = MONTHS[unit]
  const length = LENGTHS[unit]
  if (months === undefined && length === undefined) return undefined
  const numberAt = (time: number): number => {
    if (months === undefined) return Math.floor(time / length!)
    const date = new Date(time)
    return Math.floor((date.getUTCFullYear() * 12 + date.getUTCMonth()) / months)
  }
  return Math.max(1, (numberAt(range.high) - numberAt(range.low) + 1) * range.share)
}

const MOMENTS: ReadonlySet<number> = new Set([OID.date, OID.timestamp, OID.timestamptz])

/** The ends of an expression's values on a line (moments in milliseconds), and the share of the way between them that conditions leave. */
export interface Range {
  readonly low: number
  readonly high: number
  readonly share: number
}

/** Where an expression's values lie, of expressions that keep the order of one column or turn it round; undefined: it is none, or nothing is known. */
export function rangeOf(expression: Expression, facts: ValueFacts): Range | undefined {
  switch (expression.kind) {
    case 'column': {
      const statistics = facts.statistics(expression.id)
      const ends =
        statistics &&
        (endsOf(statistics, expression.type.oid) ?? daysOf(statistics, expression.type.oid))
      return ends && { ...ends, share: facts.share(expression.id) }
    }
    case 'constant': {
      const value = positionOf(expression.value ?? '', expression.type.oid)
      return Number.isFinite(value) ? { low: value, high: value, share: 1 } : undefined
    }
    case 'relabel':
      return rangeOf(expression.argument, facts)
    case 'call':
      return rangeOfCall(expression, facts)
    default:
      return undefined
  }
}

/** Of what keeps the order of one argument, or turns it round. */
function rangeOfCall(call: CallExpression, facts: ValueFacts): Range | undefined {
  const { name, signature, schema } = call.function
  if (schema !== 'pg_catalog') return undefined
  const [first, second] = call.arguments
  if (name === 'date_trunc' && second !== undefined) return rangeOf(second, facts)
  const a = first && rangeOf(first, facts)
  if (a === undefined) return undefined
  if (KEEPS_PLACE.has(signature) || ROUNDING.has(signature)) return a
  const b = second && rangeOf(second, facts)
  if (b === undefined || b.low !== b.high) return undefined
  const by = /^date_(pl|mi)i$/.test(name) ? b.low * DAY : b.low
  const place = placing(name, by)
  if (place === undefined) return undefined
  const [x, y] = [place(a.low), place(a.high)]
  return { low: Math.min(x, y), high: Math.max(x, y), share: a.share }
}

function placing(name: string, by: number): ((value: number) => number) | undefined {
  const operation = /^(?:int\d+|numeric_|float\d+|date_)(pl|mi|mul|div|add|sub|pli|mii)$/.exec(name)
  switch (operation?.[1]) {
    case 'pl':
    case 'add':
    case 'pli':
      return (value) => value + by
    case 'mi':
    case 'sub':
    case 'mii':
      return (value) => value - by
    case 'mul':
      return (value) => value * by
    case 'div':
      return by === 0 ? undefined : (value) => value / by
    default:
      return undefined
  }
}

/** Casts after which a value stands at the same place of the line, or the next whole one. */
const KEEPS_PLACE: ReadonlySet<string> = new Set([
  ...['date(timestamp)', 'date(timestamptz)', 'timestamp(date)', 'timestamptz(date)'],
  ...['timestamptz(timestamp)', 'timestamp(timestamptz)', 'timestamp(timestamp,int4)'],
  ...['int2', 'int4', 'int8', 'numeric', 'float4', 'float8'].flatMap((to) =>
    ['int2', 'int4', 'int8', 'numeric', 'float4', 'float8'].map((from) => `${to}(${from})`),
  ),
])

/** The smallest and the largest value that is known of a column. */
function endsOf(
  { min, max, mostCommon = [], histogram = [] }: ColumnStatistics,
  oid: number,
): { readonly low: number; readonly high: number } | undefined {
  if ((min === undefined || max === undefined) && histogram.length < 2 && mostCommon.length === 0) {
    return undefined
  }
  const texts = [min, max, histogram[0], histogram.at(-1), ...mostCommon.map(({ value }) => value)]
  const places = texts.flatMap((text) => (text === undefined ? [] : [positionOf(text, oid)]))
  const [low, high] = [Math.min(...places), Math.max(...places)]
  return Number.isFinite(low) && Number.isFinite(high) ? { low, high } : undefined
}

/** Days of which only the number is known are taken to follow one another. */
function daysOf(
  { distinct }: ColumnStatistics,
  oid: number,
): { readonly low: number; readonly high: number } | undefined {
  if (oid !== OID.date || distinct === undefined) return undefined
  return { low: 0, high: Math.max(0, distinct - 1) * DAY }
}

/** The text of a constant, in lower case as units are read. */
function textOf(expression: Expression): string {
  const text = expression.kind === 'constant' ? (expression.value ?? '') : ''
  return text.toLowerCase()
}

function numberOf(expression: Expression): number {
  return expression.kind === 'constant' && expression.value !== null
    ? Number(expression.value)
    : Number.NaN
}
