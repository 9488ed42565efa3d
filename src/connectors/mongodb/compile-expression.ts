/** Compiles expressions into aggregation expressions. Everything not listed here is refused with the reason that EXPLAIN shows. */
import type { CallExpression, Expression } from '../../expressions/expression.js'
import { OID } from '../../types/sql-type.js'
import { comparisonOperator } from '../files/comparisons.js'
import { isWithoutColumns } from '../sql/without-columns.js'
import { familyOf, type Family } from './bson-kinds.js'
import { NOT_A_NUMBER } from './encode-value.js'
import { every, negated, some, type Json } from './json.js'
import { nullTest } from './match-tests.js'
import { normalValue, scaled, scaleOf, strictOperand, type Operand } from './operand.js'
import { place, type Bound, type ValueTest } from './placeholder.js'
import { refuse } from './refusal.js'
import type { Scope } from './scope.js'
import type { Operator } from './value-tests.js'

/** Units of date_trunc that mean the same; weeks begin on Monday. */
const TRUNCATIONS = new Set(['hour', 'minute', 'second', 'day', 'week', 'month', 'quarter', 'year'])

const BINARY = new Set(['binary', 'C', 'POSIX', 'ucs_basic', 'pg_c_utf8'])

/** Compiles a value. */
export function compileValue(expression: Expression, scope: Scope): Operand {
  if (expression.kind === 'column') {
    const { operand, refusal } = scope.binding(expression.id, expression)
    return operand ?? refuse(refusal ?? 'MongoDB cannot compute with this column')
  }
  if (isWithoutColumns(expression)) return compileBound(expression, scope)
  switch (expression.kind) {
    case 'and':
    case 'or':
    case 'not':
    case 'is-null':
    case 'boolean-test':
    case 'distinct':
    case 'array-comparison':
      return truthValue(expression, scope)
    case 'relabel':
      return sameFamily(expression, compileValue(expression.argument, scope))
    case 'call':
      return comparisonOperator(expression.function.name) !== undefined || isLike(expression)
        ? truthValue(expression, scope)
        : compileCall(expression, scope)
    case 'coalesce': {
      const operands = expression.arguments.map((e) => asText(compileValue(e, scope)))
      const value: Json = { $ifNull: operands.map(normalValue) }
      return nullable(resultFamily(expression), value, scaleOf(expression.type))
    }
    case 'case': {
      const results = [...expression.branches.map((b) => b.result), expression.otherwise]
      const operands = results.map((e) => normalValue(asText(compileValue(e, scope))))
      const branches = expression.branches.map((branch, i): Json => ({
        case: compileTruth(branch.condition, true, scope),
        then: operands[i]!,
      }))
      const value: Json = { $switch: { branches, default: operands.at(-1)! } }
      return nullable(resultFamily(expression), value, scaleOf(expression.type))
    }
    default:
      return refuse(`MongoDB has no exact equal of this expression (${expression.kind})`)
  }
}

/** Results of CASE and COALESCE keep their digits only where the type says how many. */
function resultFamily(expression: Expression): Family {
  const family = familyOf(expression.type)
  if (family === undefined || (family === 'numeric' && expression.type.typmod < 4)) {
    return refuse(`The result of ${expression.kind.toUpperCase()} may look different in MongoDB`)
  }
  return family
}

function nullable(family: Family, value: Json, scale?: number): Operand {
  const present: Json[] = [{ $ne: [value, null] }]
  return { family, value, present, absent: null, isNullable: true, ...scaled(scale) }
}

/** Operands of one family: ids become texts where there are texts too. */
function alike(operands: readonly Operand[]): readonly Operand[] {
  const families = new Set(operands.map((operand) => operand.family))
  return families.size > 1 && families.has('objectId') ? operands.map(asText) : operands
}

function asText(operand: Operand): Operand {
  if (operand.family !== 'objectId') return operand
  const value: Json = { $toString: operand.value }
  return { ...operand, family: 'text', value, isNullable: false }
}

function sameFamily(expression: Expression, operand: Operand): Operand {
  const family = familyOf(expression.type)
  const isText = operand.family === 'objectId' && family === 'text'
  return family === operand.family || isText
    ? operand
    : refuse('A cast to a type that MongoDB does not have')
}

/** A value the run supplies, or a constant. */
function compileBound(expression: Expression, scope: Scope, as?: Family): Operand {
  const family = as ?? familyOf(expression.type)
  if (family === undefined) return refuse('Values of this type are not sent to MongoDB')
  const bound = scope.bound(expression)
  const value = place({ use: 'value', family }, bound)
  if ('datum' in bound && bound.datum !== null && value === null) {
    return refuse(
      'MongoDB cannot hold this value (a microsecond, an infinite date, or too many digits)',
    )
  }
  // What MongoDB cannot hold would become NULL at the run.
  if ('parameter' in bound && ['timestamp', 'date', 'numeric'].includes(family)) {
    return refuse('A value known only later may have digits that MongoDB does not keep')
  }
  const present: Json[] = 'datum' in bound && bound.datum !== null ? [] : [{ $ne: [value, null] }]
  return { family, value, present, absent: null, isNullable: true }
}

/** A boolean as a value: true, false or null. */
function truthValue(expression: Expression, scope: Scope): Operand {
  const isTrue = compileTruth(expression, true, scope)
  const isFalse = compileTruth(expression, false, scope)
  const value: Json = { $cond: [isTrue, true, { $cond: [isFalse, false, null] }] }
  return nullable('boolean', value)
}

/** Compiles whether a condition is true, or whether it is false; NULL is neither. */
export function compileTruth(expression: Expression, wanted: boolean, scope: Scope): Json {
  switch (expression.kind) {
    case 'and':
    case 'or': {
      const list = expression.arguments.map((e) => compileTruth(e, wanted, scope))
      return (expression.kind === 'and') === wanted ? every(list) : some(list)
    }
    case 'not':
      return compileTruth(expression.argument, !wanted, scope)
    case 'is-null': {
      const isNull = compileNullTest(expression.argument, scope)
      return expression.negated === wanted ? negated(isNull) : isNull
    }
    case 'boolean-test': {
      const { argument, test } = expression
      const parts: Json[] = []
      if (test !== 'false' && test !== 'not-false') parts.push(compileTruth(argument, true, scope))
      if (test !== 'true' && test !== 'not-true') parts.push(compileTruth(argument, false, scope))
      const isUnknown = test.endsWith('unknown')
      const flips = test.startsWith('not-') !== isUnknown
      return flips === wanted ? negated(some(parts)) : some(parts)
    }
    case 'distinct': {
      const [left, right] = expression.arguments
      const equal = compileComparison('=', left, right, expression.collation, scope)
      const bothNull = every([compileNullTest(left, scope), compileNullTest(right, scope)])
      const same = some([bothNull, equal])
      return wanted ? negated(same) : same
    }
    case 'array-comparison':
      return compileList(expression, wanted, scope)
    case 'call': {
      const { function: fn, arguments: list, collation } = expression
      const operator = comparisonOperator(fn.name)
      const [left, right] = list
      if (operator !== undefined) {
        const asked = wanted ? (operator as Operator) : NEGATED[operator as Operator]
        return compileComparison(asked, left!, right!, collation, scope)
      }
      if (isLike(expression)) return compileLike(expression, wanted, scope)
      break
    }
    default:
      break
  }
  const operand = compileValue(expression, scope)
  if (operand.family !== 'boolean') return refuse('Only a boolean can be a condition')
  return every([...operand.present, { $eq: [operand.value, wanted] }])
}

const NEGATED: Readonly<Record<Operator, Operator>> = {
  '=': '<>',
  '<>': '=',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
}

const FLIPPED: Readonly<Record<Operator, Operator>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
}

/** Compiles IS NULL. */
function compileNullTest(expression: Expression, scope: Scope): Json {
  if (expression.kind === 'column') {
    const { operand, nullTarget, straysAreNull, output, refusal } = scope.binding(
      expression.id,
      expression,
    )
    if (operand === undefined && nullTarget === undefined) {
      return refuse(refusal ?? 'MongoDB cannot test this column')
    }
    const isPlain = !straysAreNull || nullTarget?.kinds === undefined
    if (output.kind === 'value' && nullTarget !== undefined && isPlain) {
      return nullTest(output.value)
    }
    if (operand === undefined) return refuse(refusal ?? 'MongoDB cannot test this column')
    return operand.present.length === 0 ? false : negated(every(operand.present))
  }
  const { present } = compileValue(expression, scope)
  return present.length === 0 ? false : negated(every(present))
}

/** One side of a comparison that the engine computes, with the operator as seen from the other. */
export interface BoundComparison {
  readonly subject: Expression
  readonly operator: Operator
  readonly value: Expression
}

/** Finds the side that is known before the statement is sent. */
export function boundComparison(
  operator: Operator,
  left: Expression,
  right: Expression,
): BoundComparison | undefined {
  if (isWithoutColumns(right)) return { subject: left, operator, value: right }
  if (isWithoutColumns(left)) return { subject: right, operator: FLIPPED[operator], value: left }
  return undefined
}

/** Refuses what compares by another collation than by bytes. */
export function checkCollation(expression: Expression, collation: string): void {
  const isText = expression.type.oid === OID.text || expression.type.oid === OID.varchar
  if (isText && !BINARY.has(collation)) refuse(`MongoDB does not have the collation ${collation}`)
}

function compileComparison(
  operator: Operator,
  left: Expression,
  right: Expression,
  collation: string,
  scope: Scope,
): Json {
  checkCollation(left, collation)
  const known = boundComparison(operator, left, right)
  if (known !== undefined) {
    const subject = compileValue(known.subject, scope)
    const test: ValueTest = { kind: 'compare', operator: known.operator }
    return boundTest(subject, test, boundOf(known.value, subject.family, scope))
  }
  const [a, b] = alike([compileValue(left, scope), compileValue(right, scope)])
  if (a === undefined || b === undefined) return refuse('A comparison of nothing')
  return every([...a.present, ...b.present, compareValues(operator, a, b)])
}

function boundTest(subject: Operand, test: ValueTest, bound: Bound): Json {
  const { family, value: left, present } = subject
  return place({ use: 'expression', left, present, family, test }, bound)
}

/** The known value, checked to be of a type that the family can be compared with. */
export function boundOf(value: Expression, family: Family, scope: Scope): Bound {
  const own = familyOf(value.type)
  const isNull = value.kind === 'constant' && value.value === null
  const fits = own === family || (own === 'text' && family === 'objectId')
  // A date compared with a timestamp, or an integer with a number, came through a cast that is elsewhere.
  if (!fits && !isNull) refuse('The two sides are of types that MongoDB does not compare alike')
  return scope.bound(value)
}

function compareValues(operator: Operator, a: Operand, b: Operand): Json {
  if (a.family !== b.family) return refuse('MongoDB does not compare these types alike')
  const [x, y] = [a.value, b.value]
  const names = {
    '=': '$eq',
    '<>': '$ne',
    '<': '$lt',
    '<=': '$lte',
    '>': '$gt',
    '>=': '$gte',
  } as const
  if ((a.family !== 'float' && a.family !== 'numeric') || operator === '=' || operator === '<>') {
    return { [names[operator]]: [x, y] }
  }
  if (operator === '<' || operator === '>') return isBelow(...(operator === '<' ? [x, y] : [y, x]) as [Json, Json]) // prettier-ignore
  const [low, high] = operator === '<=' ? [x, y] : [y, x]
  return some([{ $eq: [x, y] }, isBelow(low, high)])
}

/** NaN is above all numbers in PostgreSQL. */
function isBelow(low: Json, high: Json): Json {
  return every([
    { $ne: [low, NOT_A_NUMBER] },
    some([{ $lt: [low, high] }, { $eq: [high, NOT_A_NUMBER] }]),
  ])
}

/** An IN list, as the operand and the test it stands for. */
export function listTestOf(
  expression: Extract<Expression, { kind: 'array-comparison' }>,
  wanted: boolean,
): ValueTest {
  const { quantifier, operator, right, left, collation } = expression
  checkCollation(left, collation)
  const isIn = quantifier === 'any' && operator === '='
  if (!isIn && !(quantifier === 'all' && operator === '<>')) {
    return refuse('Only = ANY and <> ALL are lists in MongoDB')
  }
  const element = ELEMENTS[right.type.oid]
  if (!isWithoutColumns(right) || element === undefined || familyOf(left.type) !== element) {
    return refuse('Only a list of values known before the statement is sent goes to MongoDB')
  }
  if (element === 'date') return refuse('A list of days is not sent to MongoDB')
  return { kind: 'list', isNegated: isIn !== wanted }
}

const ELEMENTS: Readonly<Record<number, Family>> = {
  [OID.int2Array]: 'integer',
  [OID.int4Array]: 'integer',
  [OID.int8Array]: 'integer',
  [OID.numericArray]: 'numeric',
  [OID.float8Array]: 'float',
  [OID.textArray]: 'text',
  [OID.varcharArray]: 'text',
  [OID.boolArray]: 'boolean',
  [OID.dateArray]: 'date',
  [OID.timestampArray]: 'timestamp',
  [OID.timestamptzArray]: 'timestamp',
  [OID.uuidArray]: 'uuid',
}

function compileList(
  expression: Extract<Expression, { kind: 'array-comparison' }>,
  wanted: boolean,
  scope: Scope,
): Json {
  const test = listTestOf(expression, wanted)
  return boundTest(compileValue(expression.left, scope), test, scope.bound(expression.right))
}

/** Tells whether a call is LIKE or NOT LIKE. */
export function isLike(call: CallExpression): boolean {
  return call.function.name === 'textlike' || call.function.name === 'textnlike'
}

/** The test of LIKE, checked; the pattern must be known. */
export function likeTestOf(call: CallExpression, wanted: boolean): ValueTest {
  const [, pattern] = call.arguments
  if (!BINARY.has(call.collation)) refuse(`MongoDB does not have the collation ${call.collation}`)
  if (pattern === undefined || !isWithoutColumns(pattern)) refuse('The pattern must be known')
  if (pattern?.kind === 'constant') {
    const slashes = /\\*$/.exec(pattern.value ?? '')![0].length
    if (slashes % 2 === 1) refuse('The pattern ends with an escape character')
  } else {
    refuse('A pattern known only later may end with an escape character')
  }
  return { kind: 'like', isNegated: (call.function.name === 'textlike') !== wanted }
}

function compileLike(call: CallExpression, wanted: boolean, scope: Scope): Json {
  const test = likeTestOf(call, wanted)
  const subject = asText(compileValue(call.arguments[0]!, scope))
  return boundTest(subject, test, scope.bound(call.arguments[1]!))
}

function compileCall(call: CallExpression, scope: Scope): Operand {
  const { function: fn, arguments: list } = call
  if (fn.schema !== 'pg_catalog') return refuse(`Function ${fn.name} does not exist in MongoDB`)
  const operands = (): Operand[] => list.map((argument) => asText(compileValue(argument, scope)))
  switch (fn.signature) {
    case 'int4(int2)':
    case 'int8(int2)':
    case 'int8(int4)':
      return operands()[0]!
    case 'numeric(int2)':
    case 'numeric(int4)':
    case 'numeric(int8)':
      return { ...strictOperand('numeric', operands(), (x) => ({ $toDecimal: x })), scale: 0 }
    case 'float8(int2)':
    case 'float8(int4)':
      return strictOperand('float', operands(), (x) => ({ $toDouble: x }))
    case 'length(text)':
    case 'char_length(text)':
    case 'character_length(text)':
      return strictOperand('integer', operands(), (x) => ({ $strLenCP: x }))
    case 'octet_length(text)':
      return strictOperand('integer', operands(), (x) => ({ $strLenBytes: x }))
    case 'textcat(text,text)':
      return strictOperand('text', operands(), (x, y) => ({ $concat: [x, y] }))
    case 'timezone(text,timestamptz)':
      if (list[0]?.kind === 'constant' && list[0].value === 'UTC') {
        return compileValue(list[1]!, scope)
      }
      return refuse('MongoDB may know other rules of this time zone')
    case 'date_trunc(text,timestamp)': {
      const [unit, argument] = list
      if (unit?.kind !== 'constant' || !TRUNCATIONS.has(unit.value ?? '')) {
        return refuse('MongoDB does not truncate to this unit as PostgreSQL does')
      }
      return strictOperand('timestamp', [compileValue(argument!, scope)], (date) => ({
        $dateTrunc: {
          date,
          unit: unit.value!,
          ...(unit.value === 'week' ? { startOfWeek: 'monday' } : {}),
        },
      }))
    }
  }
  return refuse(reasonAgainst(fn.name))
}

function reasonAgainst(name: string): string {
  if (/^(int\d+|float\d+|numeric_)(pl|mi|mul|add|sub)$/.test(name)) {
    return 'MongoDB goes over to another type when a number overflows'
  }
  if (/^(int\d+div|numeric_div|float\d+div)$/.test(name)) {
    return 'Division differs: MongoDB divides integers into doubles'
  }
  if (['lower', 'upper', 'initcap'].includes(name)) {
    return 'MongoDB changes the case of ASCII letters only'
  }
  if (name.startsWith('textregex') || name.startsWith('regexp')) {
    return 'Regular expressions follow another grammar in MongoDB'
  }
  if (name === 'date_trunc' || name === 'extract' || name === 'date') {
    return 'It depends on the time zone of the session'
  }
  return `Function ${name} is not known to mean the same in MongoDB`
}
