/**
 * Which expressions mean in MySQL exactly what they mean in PostgreSQL. Everything not listed is refused with the
 * reason that EXPLAIN shows. What a column really is at the source (its collation, its width) is judged with the node.
 */
import type { CallExpression, Expression } from '../../expressions/expression.js'
import { OID } from '../../types/sql-type.js'
import { EXACT, type Judgement } from '../connector.js'
import { decimalShape, fitsDecimal } from '../sql/decimal-shape.js'
import { isWithoutColumns } from '../sql/without-columns.js'
import { UNPADDED } from '../sql/without-padding.js'
import { comparisonOf } from '../sql/comparison-of.js'

type Use = 'filter' | 'value' | 'sort'

const none = (reason: string): Judgement => ({ support: 'none', reason })

const COMPARABLE = new Set<number>([
  OID.bool,
  OID.int2,
  OID.int4,
  OID.int8,
  OID.numeric,
  OID.float4,
  OID.float8,
  OID.text,
  OID.varchar,
  OID.bytea,
  OID.date,
  OID.timestamp,
  OID.timestamptz,
])

/** Types whose values MySQL also computes with in CASE and COALESCE without changing how they look. */
const SAME_LOOK = new Set<number>([OID.bool, OID.int2, OID.int4, OID.int8, OID.date, OID.timestamp])

const ARRAYS = new Set<number>([
  OID.boolArray,
  OID.float4Array,
  OID.float8Array,
  OID.int2Array,
  OID.int4Array,
  OID.int8Array,
  OID.numericArray,
  OID.textArray,
  OID.varcharArray,
  OID.dateArray,
  OID.timestampArray,
  OID.timestamptzArray,
])

/** Casts that change nothing MySQL would notice, or that it does alike. */
const EXACT_CASTS = new Set([
  'int4(int2)',
  'int8(int2)',
  'int8(int4)',
  'numeric(int2)',
  'numeric(int4)',
  'numeric(int8)',
  'float8(float4)',
  'date(timestamp)',
  'timestamp(date)',
])

/** Units of date_trunc and extract that MySQL computes alike. */
export const TRUNCATIONS = new Set(['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute'])
const DATE_EXTRACTIONS = new Set(['year', 'quarter', 'month', 'day', 'doy'])
/** Of a date PostgreSQL has no hours to give: it is an error there, and 0 in MySQL. */
export const EXTRACTIONS = new Set([...DATE_EXTRACTIONS, 'hour', 'minute'])

/** Judges an expression over columns of a fragment. */
export function judgeExpression(expression: Expression, use: Use): Judgement {
  if (use === 'sort') {
    const { oid } = expression.type
    if (!COMPARABLE.has(oid)) return none('MySQL does not sort this type as PostgreSQL does')
    return judge(expression)
  }
  if (use === 'filter' && expression.kind === 'column' && expression.type.oid !== OID.bool) {
    return none('Only a boolean can be a condition')
  }
  return use === 'value' ? judgeResult(expression) : judge(expression)
}

/** Types with values that MySQL lacks (infinity, NaN, years beyond 9999): bound as a neighbour they compare as they should, but come back changed. */
const WITH_STAND_INS = new Set<number>([
  ...[OID.date, OID.timestamp, OID.timestamptz, OID.float4, OID.float8, OID.numeric],
])

const FLOATS: ReadonlySet<number> = new Set([OID.float4, OID.float8])

/** Floating-point numbers that do not come back as they went: -0 is stored as 0. */
const CHANGED_FLOATS = new Set(['-0', 'NaN', 'Infinity', '-Infinity'])

/** Judges an expression whose value comes back. */
function judgeResult(expression: Expression): Judgement {
  if (expression.kind === 'constant' && FLOATS.has(expression.type.oid)) {
    if (CHANGED_FLOATS.has(expression.value ?? '')) return none('MySQL does not have this number')
  }
  const isKnownLater = expression.kind !== 'constant' && isWithoutColumns(expression)
  return isKnownLater && WITH_STAND_INS.has(expression.type.oid)
    ? none('The value may turn out to be one that MySQL does not have')
    : judge(expression)
}

function judge(expression: Expression): Judgement {
  if (expression.kind === 'column') return EXACT
  if (isWithoutColumns(expression)) return judgeBound(expression)
  switch (expression.kind) {
    case 'and':
    case 'or':
      return all(expression.arguments)
    case 'not': {
      const inner = judge(expression.argument)
      return inner.support === 'superset'
        ? none(`Negated, a condition that lets through too much would let through too little`)
        : inner
    }
    case 'is-null':
    case 'boolean-test':
      return exactly(judge(expression.argument))
    case 'relabel':
      return expression.type.oid === OID.text || expression.type.oid === OID.varchar
        ? judge(expression.argument)
        : none('A cast to a type that MySQL does not have')
    case 'distinct':
      return judgeComparison(expression.equality.name, expression.arguments, expression.collation)
    case 'array-comparison':
      return judgeList(expression)
    case 'case':
      if (!SAME_LOOK.has(expression.type.oid)) {
        return none(
          'The result of CASE may look different in MySQL (digits behind the point, collation)',
        )
      }
      return exactly(
        all(
          expression.branches.map((b) => b.condition),
          [...expression.branches.map((b) => b.result), expression.otherwise],
        ),
      )
    case 'coalesce':
      if (!SAME_LOOK.has(expression.type.oid)) {
        return none(
          'The result of COALESCE may look different in MySQL (digits behind the point, collation)',
        )
      }
      return exactly(all([], expression.arguments))
    case 'call':
      return exactlyUnlessLike(expression)
    default:
      return none(`MySQL has no exact equal of this expression (${expression.kind})`)
  }
}

function exactlyUnlessLike(call: CallExpression): Judgement {
  const { function: fn, arguments: list } = call
  if (fn.schema !== 'pg_catalog') return none(`Function ${fn.name} does not exist in MySQL`)
  if (comparisonOf(fn.name)) return judgeComparison(fn.name, list, call.collation)
  const [first, second] = list
  if (first === undefined) return none(`Function ${fn.name} is not known to mean the same in MySQL`)
  if (EXACT_CASTS.has(fn.signature)) return exactly(judge(first))
  switch (fn.signature) {
    case 'textlike(text,text)':
    case 'textnlike(text,text)':
      return judgeLike(call, first, second)
    case UNPADDED:
    case 'length(text)':
    case 'char_length(text)':
    case 'character_length(text)':
      return exactly(judge(first))
    case 'numeric_uminus(numeric)':
      return exactly(judge(first))
    case 'int4mod(int4,int4)':
    case 'int8mod(int8,int8)':
    case 'mod(int4,int4)':
    case 'mod(int8,int8)':
      return second?.kind === 'constant' && second.value !== null && BigInt(second.value) !== 0n
        ? exactly(judge(first))
        : none('Division by zero is NULL in MySQL and an error in PostgreSQL')
    case 'date_trunc(text,timestamp)':
      return first.kind === 'constant' && TRUNCATIONS.has(first.value ?? '') && second
        ? exactly(judge(second))
        : none('MySQL does not truncate to this unit as PostgreSQL does')
    case 'extract(text,timestamp)':
    case 'extract(text,date)': {
      const fields = fn.signature === 'extract(text,date)' ? DATE_EXTRACTIONS : EXTRACTIONS
      return first.kind === 'constant' && fields.has(first.value ?? '') && second
        ? exactly(judge(second))
        : none('MySQL does not extract this field as PostgreSQL does')
    }
  }
  if (['numeric_add', 'numeric_sub', 'numeric_mul'].includes(fn.name)) {
    const shape = decimalShape(call)
    return shape && fitsDecimal(shape, { precision: 65, scale: 30 })
      ? exactly(all(list))
      : none('The digits of the result are not known to fit into a DECIMAL of MySQL')
  }
  if (/^int\d+(pl|mi|mul)$/.test(fn.name)) {
    return none('MySQL computes integers in 64 bits and does not notice an overflow of fewer')
  }
  if (/^(int\d+div|numeric_div|float\d+div)$/.test(fn.name)) {
    return none('Division differs: MySQL rounds to other digits and makes division by zero NULL')
  }
  if (['lower', 'upper', 'initcap'].includes(fn.name)) {
    return none('Upper and lower case follow other tables in MySQL')
  }
  if (fn.name.startsWith('textregex') || fn.name.startsWith('regexp')) {
    return none('Regular expressions follow another grammar in MySQL')
  }
  return none(`Function ${fn.name} is not known to mean the same in MySQL`)
}

function judgeComparison(
  name: string,
  operands: readonly Expression[],
  collation: string,
): Judgement {
  const comparison = comparisonOf(name)
  if (!comparison) return none(`Operator ${name} is not known to mean the same in MySQL`)
  if (comparison.family === 'text' && collation !== 'binary') {
    return none(`MySQL does not have the collation ${collation}`)
  }
  if (comparison.family === 'time') return none('TIME of MySQL is not a time of day')
  if (operands.some((operand) => !COMPARABLE.has(operand.type.oid))) {
    return none('MySQL does not compare this type as PostgreSQL does')
  }
  return exactly(all(operands))
}

function judgeList(expression: Extract<Expression, { kind: 'array-comparison' }>): Judgement {
  const { left, right, quantifier, operator } = expression
  const comparison = comparisonOf(expression.function.name)
  const isList =
    (quantifier === 'any' && operator === '=') || (quantifier === 'all' && operator === '<>')
  if (!isList || !comparison) return none('Only = ANY and <> ALL are lists in MySQL')
  if (!isWithoutColumns(right) || !ARRAYS.has(right.type.oid)) {
    return none('MySQL has no arrays: only a list of values can be sent')
  }
  return judgeComparison(expression.function.name, [left], expression.collation)
}

function judgeLike(
  call: CallExpression,
  subject: Expression,
  pattern: Expression | undefined,
): Judgement {
  if (call.collation !== 'binary')
    return none(`MySQL does not have the collation ${call.collation}`)
  const inner = exactly(judge(subject))
  if (inner.support !== 'exact') return inner
  if (pattern?.kind === 'constant') {
    const ends = /(\\*)$/.exec(pattern.value ?? '')?.[1]?.length ?? 0
    return ends % 2 === 0 ? EXACT : none('The pattern ends with an escape character')
  }
  if (pattern !== undefined && isWithoutColumns(pattern)) {
    return {
      support: 'superset',
      reason: 'A pattern known only later may end with an escape character',
    }
  }
  return none('The pattern must be known before the statement is sent')
}

function judgeBound(expression: Expression): Judgement {
  const { oid } = expression.type
  if (ARRAYS.has(oid)) return none('MySQL has no arrays')
  if (expression.kind === 'constant' && expression.value === null) return EXACT
  if (!COMPARABLE.has(oid)) return none('MySQL has no such type')
  if (expression.kind !== 'constant' || expression.value === null) return EXACT
  const value = expression.value
  if (oid === OID.date || oid === OID.timestamp || oid === OID.timestamptz) {
    return /^[1-9]\d{3}-|^0\d{2}[1-9]-|^0[1-9]\d{2}-|^00[1-9]\d-/.test(value) &&
      !value.endsWith('BC')
      ? EXACT
      : none('The date is outside the calendar of MySQL (years 1 to 9999)')
  }
  if (oid === OID.numeric && !/^-?\d{1,35}(\.\d{1,30})?$/.test(value)) {
    return none('The number does not fit into a DECIMAL of MySQL')
  }
  return EXACT
}

/** The weakest of several judgements. `results`: those whose values come back. */
function all(list: readonly Expression[], results: readonly Expression[] = []): Judgement {
  let result: Judgement = EXACT
  for (const judgement of [...list.map(judge), ...results.map(judgeResult)]) {
    if (judgement.support === 'none') return judgement
    if (judgement.support === 'superset') result = judgement
  }
  return result
}

/** Inside anything but AND and OR, letting through too much is no help. */
function exactly(judgement: Judgement): Judgement {
  return judgement.support === 'superset' ? none(judgement.reason) : judgement
}
