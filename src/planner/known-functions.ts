/** Functions of PostgreSQL that rewrites put into plans, as the analyzer would name them. */
import { enumOf } from '../types/enum-types.js'
import type { CallExpression, Expression, FunctionReference } from '../expressions/expression.js'
import { OID, sqlType } from '../types/sql-type.js'
import type { SqlType } from '../types/sql-type.js'

function builtIn(oid: number, name: string, parameters: string): FunctionReference {
  const signature = `${name}(${parameters})`
  return { oid, name, signature, schema: 'pg_catalog', volatility: 'immutable', strict: true }
}

const INT4_EQUALS = builtIn(65, 'int4eq', 'int4,int4')
const INT8_AT_MOST = builtIn(471, 'int8le', 'int8,int8')
const INT8_ABOVE = builtIn(470, 'int8gt', 'int8,int8')

export const ROW_NUMBER: FunctionReference = { ...builtIn(3100, 'row_number', ''), strict: false }
export const ARRAY_OF_ELEMENTS: FunctionReference = {
  ...builtIn(2335, 'array_agg', 'anynonarray'),
  strict: false,
}
export const ARRAY_OF_ARRAYS: FunctionReference = {
  ...builtIn(4053, 'array_agg', 'anyarray'),
  strict: false,
}

const WIDENINGS = new Map<string, FunctionReference>([
  [`${OID.int2}>${OID.int4}`, builtIn(313, 'int4', 'int2')],
  [`${OID.int2}>${OID.int8}`, builtIn(754, 'int8', 'int2')],
  [`${OID.int4}>${OID.int8}`, builtIn(481, 'int8', 'int4')],
  [`${OID.float4}>${OID.float8}`, builtIn(311, 'float8', 'float4')],
])

function operator(reference: FunctionReference, symbol: string) {
  return (left: Expression, right: Expression): CallExpression => ({
    kind: 'call',
    function: reference,
    arguments: [left, right],
    type: sqlType(OID.bool),
    collation: 'binary',
    form: 'operator',
    operator: symbol,
  })
}

/** left = right, of int4. */
export const int4Equals = operator(INT4_EQUALS, '=')
/** left <= right, of int8. */
export const int8AtMost = operator(INT8_AT_MOST, '<=')
/** left > right, of int8. */
export const int8Above = operator(INT8_ABOVE, '>')

const ENUM_EQUALS = builtIn(3508, 'enum_eq', 'anyenum,anyenum')

/** The equality of each type, by which grouping tells values apart. */
const EQUALITIES = new Map<number, FunctionReference>([
  [OID.bool, builtIn(60, 'booleq', 'bool,bool')],
  [OID.int2, builtIn(63, 'int2eq', 'int2,int2')],
  [OID.int4, INT4_EQUALS],
  [OID.int8, builtIn(467, 'int8eq', 'int8,int8')],
  [OID.float4, builtIn(287, 'float4eq', 'float4,float4')],
  [OID.float8, builtIn(293, 'float8eq', 'float8,float8')],
  [OID.numeric, builtIn(1718, 'numeric_eq', 'numeric,numeric')],
  [OID.text, builtIn(67, 'texteq', 'text,text')],
  [OID.date, builtIn(1086, 'date_eq', 'date,date')],
  [OID.timestamp, builtIn(2052, 'timestamp_eq', 'timestamp,timestamp')],
  [OID.timestamptz, builtIn(1152, 'timestamptz_eq', 'timestamptz,timestamptz')],
  [OID.uuid, builtIn(2956, 'uuid_eq', 'uuid,uuid')],
])

/** The comparisons of types whose keys may be asked for by their smallest and largest. */
const ORDERS = new Map<
  number,
  { readonly atLeast: FunctionReference; readonly atMost: FunctionReference }
>(
  (
    [
      [OID.int2, 'int2', 151, 148],
      [OID.int4, 'int4', 150, 149],
      [OID.int8, 'int8', 472, 471],
      [OID.date, 'date_', 1090, 1088],
      [OID.timestamp, 'timestamp_', 2056, 2055],
      [OID.timestamptz, 'timestamptz_', 1156, 1155],
    ] as const
  ).map(([type, name, atLeast, atMost]) => {
    const types = `${name.replace('_', '')},${name.replace('_', '')}`
    return [
      type,
      {
        atLeast: builtIn(atLeast, `${name}ge`, types),
        atMost: builtIn(atMost, `${name}le`, types),
      },
    ]
  }),
)

/** value >= $first and value <= $(first + 1); undefined for a type whose keys have no ends that every source compares alike. */
export function betweenParameters(
  value: Expression,
  first: number,
): readonly Expression[] | undefined {
  const order = ORDERS.get(value.type.oid)
  if (order === undefined) return undefined
  const bound = (index: number): Expression => ({ kind: 'parameter', index, type: value.type })
  return [
    operator(order.atLeast, '>=')(value, bound(first)),
    operator(order.atMost, '<=')(value, bound(first + 1)),
  ]
}

function aggregate(oid: number, name: string, parameters: string): FunctionReference {
  return { ...builtIn(oid, name, parameters), strict: false }
}

/** count(*). */
export const COUNT_ROWS = aggregate(2803, 'count', '')
/** count(x). */
export const COUNT = aggregate(2147, 'count', 'any')

/** The sums that do not depend on the order of rows, by the type of their argument, and the type of each. */
const EXACT_SUMS = new Map<
  number,
  { readonly function: FunctionReference; readonly type: SqlType }
>([
  [OID.int2, { function: aggregate(2109, 'sum', 'int2'), type: sqlType(OID.int8) }],
  [OID.int4, { function: aggregate(2108, 'sum', 'int4'), type: sqlType(OID.int8) }],
  [OID.int8, { function: aggregate(2107, 'sum', 'int8'), type: sqlType(OID.numeric) }],
  [OID.numeric, { function: aggregate(2114, 'sum', 'numeric'), type: sqlType(OID.numeric) }],
])

/** The sum of a type whose sums do not depend on the order of rows. */
export function exactSumOf(oid: number) {
  return EXACT_SUMS.get(oid)
}

const TO_NUMERIC = new Map<number, FunctionReference>([
  [OID.int2, builtIn(1782, 'numeric', 'int2')],
  [OID.int4, builtIn(1740, 'numeric', 'int4')],
  [OID.int8, builtIn(1781, 'numeric', 'int8')],
])
const NUMERIC_TO_INT8 = builtIn(1779, 'int8', 'numeric')

function cast(reference: FunctionReference, argument: Expression, oid: number): Expression {
  return {
    kind: 'call',
    function: reference,
    arguments: [argument],
    type: sqlType(oid),
    collation: 'binary',
    form: 'implicit-cast',
  }
}

/** A whole number as numeric; a numeric as it is. */
export function asNumeric(argument: Expression): Expression {
  const reference = TO_NUMERIC.get(argument.type.oid)
  return reference === undefined ? argument : cast(reference, argument, OID.numeric)
}

/** A numeric that is a whole number, as int8. */
export function asInt8(argument: Expression): Expression {
  return cast(NUMERIC_TO_INT8, argument, OID.int8)
}

/** The midnight at which a day begins, without a time zone. */
export function asTimestamp(day: Expression): Expression {
  return cast(builtIn(2024, 'timestamp', 'date'), day, OID.timestamp)
}

/** The moment of a local time in the session's time zone. */
export function asTimestamptz(local: Expression): Expression {
  const reference = builtIn(2028, 'timestamptz', 'timestamp')
  return cast({ ...reference, volatility: 'stable' }, local, OID.timestamptz)
}

/** date_trunc(unit, local), of a local time. */
export function truncatedTimestamp(unit: Expression, local: Expression): CallExpression {
  return {
    kind: 'call',
    function: builtIn(2020, 'date_trunc', 'text,timestamp'),
    arguments: [unit, local],
    type: sqlType(OID.timestamp),
    collation: 'binary',
    form: 'function',
  }
}

function arithmetic(reference: FunctionReference, symbol: string) {
  return (left: Expression, right: Expression): CallExpression => ({
    ...operator(reference, symbol)(left, right),
    type: sqlType(OID.numeric),
  })
}

/** left * right, of numeric. */
export const numericProduct = arithmetic(builtIn(1726, 'numeric_mul', 'numeric,numeric'), '*')
/** left / right, of numeric. */
export const numericQuotient = arithmetic(builtIn(1727, 'numeric_div', 'numeric,numeric'), '/')

/** left = right of one type, or left IS NOT DISTINCT FROM right; undefined for a type that is not common. */
export function equalityOf(
  left: Expression,
  right: Expression,
  nullSafe = false,
): Expression | undefined {
  const [a, b] = [left, right].map(asText) as [Expression, Expression]
  const equality = EQUALITIES.get(a.type.oid) ?? (enumOf(a.type.oid) && ENUM_EQUALS)
  if (equality === undefined || a.type.oid !== b.type.oid) return undefined
  const type = sqlType(OID.bool)
  if (!nullSafe) return operator(equality, '=')(a, b)
  const argument: Expression = {
    ...{ kind: 'distinct', equality, arguments: [a, b], collation: 'binary', type },
  }
  return { kind: 'not', argument, type }
}

/** Array types by the type of their elements, for lists of keys. */
const KEY_ARRAYS = new Map<number, number>([
  [OID.bool, OID.boolArray],
  [OID.float4, OID.float4Array],
  [OID.float8, OID.float8Array],
  [OID.bpchar, OID.bpcharArray],
  [OID.int2, OID.int2Array],
  [OID.int4, OID.int4Array],
  [OID.int8, OID.int8Array],
  [OID.numeric, OID.numericArray],
  [OID.text, OID.textArray],
  [OID.date, OID.dateArray],
  [OID.timestamp, OID.timestampArray],
  [OID.timestamptz, OID.timestamptzArray],
  [OID.uuid, OID.uuidArray],
])

/** Array types by the type of their elements, for columns of rows that are sent to a source. */
const ROW_ARRAYS = new Map<number, number>([
  ...KEY_ARRAYS,
  [OID.varchar, OID.varcharArray],
  [OID.bytea, OID.byteaArray],
  [OID.time, OID.timeArray],
  [OID.jsonb, OID.jsonbArray],
])

const UNNEST = builtIn(2331, 'unnest', 'anyarray')

/** unnest($index), of an array whose elements have this type; undefined for a type whose values are not sent in rows. */
export function unnestOf(type: SqlType, index: number): CallExpression | undefined {
  const array = ROW_ARRAYS.get(type.oid)
  if (array === undefined) return undefined
  return {
    kind: 'call',
    function: UNNEST,
    arguments: [{ kind: 'parameter', index, type: sqlType(array, type.typmod) }],
    type,
    collation: 'binary',
    form: 'function',
  }
}

/** The value of a char(n) as text: without its trailing blanks, which do not count where char(n) are compared. */
export function withoutBlanks(value: Expression): Expression {
  return cast(builtIn(401, 'text', 'bpchar'), value, OID.text)
}

const CHAR_EQUALS = builtIn(1048, 'bpchareq', 'bpchar,bpchar')

/** left = ANY ($index), over an array of the left side's type; undefined for a type whose values are not sent in lists. */
export function equalsAnyOf(left: Expression, index: number): Expression | undefined {
  const subject = asText(left)
  const { oid } = subject.type
  const equality = oid === OID.bpchar ? CHAR_EQUALS : EQUALITIES.get(oid)
  const array = KEY_ARRAYS.get(subject.type.oid)
  if (equality === undefined || array === undefined) return undefined
  return {
    kind: 'array-comparison',
    function: equality,
    operator: '=',
    quantifier: 'any',
    left: subject,
    right: { kind: 'parameter', index, type: sqlType(array) },
    collation: 'binary',
    type: sqlType(OID.bool),
  }
}

/** varchar has no equality of its own. */
function asText(argument: Expression): Expression {
  if (argument.type.oid !== OID.varchar) return argument
  return { kind: 'relabel', argument, implicit: true, type: sqlType(OID.text) }
}

/** Casts a number to a wider type of its family without loss; undefined where there is no such cast. */
export function widen(expression: Expression, type: SqlType): Expression | undefined {
  if (expression.type.oid === type.oid) return expression
  const cast = WIDENINGS.get(`${expression.type.oid}>${type.oid}`)
  if (cast === undefined) return undefined
  return {
    kind: 'call',
    function: cast,
    arguments: [expression],
    type,
    collation: 'binary',
    form: 'implicit-cast',
  }
}
