/**
 * Tells what has a value for every row there could be: only that may be computed for rows that a join or a condition above would leave out,
 * as PostgreSQL does not compute it for them. `1 / x` is not such, `x % 10` is.
 */
import {
  CALENDAR_FIELDS,
  TRUNCATION_UNITS,
  UNITS_OF_DAYS,
  UNITS_WITHIN_DAYS,
} from '../types/datetime/moment-units.js'
import { OID } from '../types/sql-type.js'
import type { CallExpression, Expression } from '../expressions/expression.js'
import { argumentsOf } from './expression-traversal.js'
import type { LogicalPlan } from './logical-plan.js'
import { expressionsOf, logicalInputsOf } from './plan-traversal.js'

/**
 * Functions without an error for any value: wider types hold what narrower ones do. Numeric overflows only beyond 131,072 digits
 * before the point; sums and products of stored values get there from numbers of tens of thousands of digits alone, and are
 * taken as safe because all that is computed with money and quantities would otherwise have to stay where it was written. So are days
 * as moments: there is a day without a moment only after the year 294,276.
 */
const NEVER_FAILING: ReadonlySet<string> = new Set([
  ...['numeric_add(numeric,numeric)', 'numeric_sub(numeric,numeric)'],
  ...['numeric_mul(numeric,numeric)', 'numeric_uminus(numeric)', 'abs(numeric)', 'sign(numeric)'],
  ...['round(numeric)', 'ceil(numeric)', 'ceiling(numeric)', 'floor(numeric)', 'trunc(numeric)'],
  ...['round(numeric,int4)', 'trunc(numeric,int4)'],
  ...['numeric(int2)', 'numeric(int4)', 'numeric(int8)', 'int4(int2)', 'int8(int2)', 'int8(int4)'],
  ...['float8(float4)', 'float8(int2)', 'float8(int4)', 'float8(int8)'],
  ...['lower(text)', 'upper(text)', 'length(text)', 'char_length(text)', 'textcat(text,text)'],
  ...['btrim(text)', 'ltrim(text)', 'rtrim(text)', 'left(text,int4)', 'right(text,int4)'],
  ...['reverse(text)', 'md5(text)', 'text(bpchar)', 'substr(text,int4)', 'substring(text,int4)'],
  ...['date(timestamp)', 'date(timestamptz)', 'timestamp(date)', 'timestamptz(date)'],
  ...['timestamptz(timestamp)', 'timestamp(timestamptz)'],
])

/** Fields that every day has, and those that every moment has. */
const FIELDS_OF_DAYS: ReadonlySet<string> = new Set([...UNITS_OF_DAYS, ...CALENDAR_FIELDS])
const FIELDS_OF_MOMENTS: ReadonlySet<string> = new Set([...FIELDS_OF_DAYS, ...UNITS_WITHIN_DAYS])

/** Tells whether an expression has a value for every row there could be, so that it may be computed for rows that nobody asked for. */
export function neverFails(expression: Expression): boolean {
  switch (expression.kind) {
    case 'column':
    case 'constant':
    case 'parameter':
      return true
    case 'call':
      return callNeverFails(expression) && expression.arguments.every(neverFails)
    case 'io-cast':
      // To text; whatever has a value has a text.
      return TEXTS.has(expression.type.oid) && neverFails(expression.argument)
    case 'and':
    case 'or':
    case 'not':
    case 'is-null':
    case 'boolean-test':
    case 'coalesce':
    case 'case':
    case 'relabel':
    case 'null-if':
    case 'min-max':
    case 'distinct':
    case 'array':
    case 'array-comparison':
      return argumentsOf(expression).every(neverFails)
    default:
      return false
  }
}

const TEXTS: ReadonlySet<number> = new Set([OID.text, OID.varchar])

function callNeverFails(call: CallExpression): boolean {
  const { schema, signature, name } = call.function
  if (schema !== 'pg_catalog') return false
  if (/^(=|<>|[<>]=?)$/.test(call.operator ?? '')) return true
  if (NEVER_FAILING.has(signature)) return true
  const [first, second, third] = call.arguments.map(constantOf)
  switch (signature) {
    case 'date_trunc(text,timestamp)':
    case 'date_trunc(text,timestamptz)':
      return TRUNCATION_UNITS.includes(first ?? '')
    case 'extract(text,date)':
      return FIELDS_OF_DAYS.has(first ?? '')
    case 'extract(text,timestamp)':
    case 'extract(text,timestamptz)':
    case 'date_part(text,timestamp)':
    case 'date_part(text,timestamptz)':
      return FIELDS_OF_MOMENTS.has(first ?? '')
    case 'substr(text,int4,int4)':
    case 'substring(text,int4,int4)':
      // A negative length is an error.
      return third !== undefined && Number(third) >= 0
    case 'to_char(timestamp,text)':
    case 'to_char(timestamptz,text)':
      return second !== undefined
  }
  // By zero there is no value, and by -1 none for the smallest number.
  if (/^(int[248]div|int[248]mod|mod|numeric_div|numeric_mod)$/.test(name)) {
    return second !== undefined && Number(second) > 0
  }
  return false
}

/** The text of a constant that is not NULL. */
function constantOf(expression: Expression): string | undefined {
  if (expression.kind === 'call' && expression.form === 'implicit-cast') {
    const [argument] = expression.arguments
    return argument && constantOf(argument)
  }
  return expression.kind === 'constant' ? (expression.value ?? undefined) : undefined
}

function isSafeCount(count: Expression | undefined): boolean {
  return count === undefined || (count.kind === 'constant' && !isNegativeCount(count))
}

/** Tells whether a count of LIMIT or OFFSET is known to be an error. */
export function isNegativeCount(count: Expression | undefined): boolean {
  return count?.kind === 'constant' && Number(count.value ?? 0) < 0
}

/** Aggregates of which no realistic number of rows leaves the range. */
const NEVER_FAILING_AGGREGATES: ReadonlySet<string> = new Set([
  ...['count', 'min', 'max', 'bool_and', 'bool_or', 'every'],
])
const NEVER_FAILING_SUMS = /^(sum|avg)\((int2|int4|int8|numeric)\)$/

/** Tells whether all rows of a plan can be computed, whatever the tables hold. */
export function neverFailsPlan(plan: LogicalPlan): boolean {
  switch (plan.kind) {
    case 'aggregate': {
      const isSafe = plan.aggregates.every(
        ({ function: { schema, name, signature } }) =>
          schema === 'pg_catalog' &&
          (NEVER_FAILING_AGGREGATES.has(name) || NEVER_FAILING_SUMS.test(signature)),
      )
      if (!isSafe) return false
      break
    }
    case 'join':
      if (plan.atMostOne === true) return false
      break
    case 'limit':
      // A count below zero is an error, and a parameter may be one.
      if (![plan.limit, plan.offset].every(isSafeCount)) return false
      break
    case 'scan':
    case 'values':
    case 'filter':
    case 'project':
    case 'sort':
    case 'distinct':
    case 'distinct-on':
      break
    default:
      return false
  }
  return expressionsOf(plan).every(neverFails) && logicalInputsOf(plan).every(neverFailsPlan)
}
