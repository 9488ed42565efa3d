/**
 * GoogleSQL as the BigQuery test server accepts it, translated to DuckDB. Every function, type and operator is listed with its
 * argument types; the rest is refused as BigQuery refuses it. Where DuckDB differs from BigQuery's documentation the
 * translation makes up for it: NaN in comparisons and orders, NULLs first, INT64 overflow, NUMERIC's nine digits, LIKE's escapes.
 */
import type { Grammar } from '../sql/parser.js'
import { comparedBignumerics } from './bignumeric.js'
import { ServerSqlError } from '../sql/sql-error.js'
import type { Expr, TypeName } from '../sql/syntax-tree.js'
import type { ExpressionContext, FunctionTranslator, Product } from '../sql/translate.js'
import { literal, typeNamed, type Typed, type ValueType } from '../sql/value-type.js'

export const GOOGLESQL_GRAMMAR: Grammar = {
  identifierQuote: '`',
  identifierEscapes: true,
  stringQuotes: `'"`,
  doubledQuotes: false,
  parameter: '@',
  fold: (word) => word,
  arrays: true,
  variants: false,
  // https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical#reserved_keywords
  reserved: new Set(
    `ALL AND ANY ARRAY AS ASC ASSERT_ROWS_MODIFIED AT BETWEEN BY CASE CAST COLLATE CONTAINS CREATE CROSS CUBE CURRENT
     DEFAULT DEFINE DESC DISTINCT ELSE END ENUM ESCAPE EXCEPT EXCLUDE EXISTS EXTRACT FALSE FETCH FOLLOWING FOR FROM FULL
     GROUP GROUPING GROUPS HASH HAVING IF IGNORE IN INNER INTERSECT INTERVAL INTO IS JOIN LATERAL LEFT LIKE LIMIT LOOKUP
     MERGE NATURAL NEW NO NOT NULL NULLS OF ON OR ORDER OUTER OVER PARTITION PRECEDING PROTO QUALIFY RANGE RECURSIVE
     RESPECT RIGHT ROLLUP ROWS SELECT SET SOME STRUCT TABLESAMPLE THEN TO TREAT TRUE UNBOUNDED UNION UNNEST USING WHEN
     WHERE WINDOW WITH WITHIN OFFSET`
      .split(/\s+/)
      .filter((word) => word !== ''),
  ),
}

const BOOL = typeNamed('BOOL')
const INT64 = typeNamed('INT64')
const STRING = typeNamed('STRING')
const NUMBERS = ['INT64', 'NUMERIC', 'BIGNUMERIC', 'FLOAT64']
const ORDERABLE = new Set([...NUMBERS, 'STRING', 'BYTES', 'BOOL', 'DATE', 'TIME', 'DATETIME', 'TIMESTAMP', 'NULL']) // prettier-ignore

/** The DuckDB type that holds a BigQuery type's values. */
export function duckdbType(type: ValueType): string {
  switch (type.name) {
    case 'INT64':
      return 'BIGINT'
    case 'FLOAT64':
      return 'DOUBLE'
    case 'NUMERIC':
      return type.precision === undefined ? 'DECIMAL(38,9)' : `DECIMAL(${type.precision},${type.scale ?? 0})` // prettier-ignore
    case 'BIGNUMERIC':
      // DuckDB ends at 38 digits: what does not fit fails, it is never rounded away.
      return type.precision === undefined ? 'DECIMAL(38,18)' : `DECIMAL(${Math.min(38, type.precision)},${type.scale ?? 0})` // prettier-ignore
    case 'STRING':
      return 'VARCHAR'
    case 'BYTES':
      return 'BLOB'
    case 'BOOL':
      return 'BOOLEAN'
    case 'DATE':
      return 'DATE'
    case 'TIME':
      return 'TIME'
    case 'DATETIME':
      return 'TIMESTAMP'
    case 'TIMESTAMP':
      return 'TIMESTAMPTZ'
    case 'JSON':
      return 'JSON'
    case 'ARRAY':
      return `${duckdbType(type.element!)}[]`
    case 'STRUCT':
      return `STRUCT(${type.fields!.map((f) => `"${f.name}" ${duckdbType(f.type)}`).join(', ')})`
    default:
      throw new ServerSqlError(`Type not found: ${type.name}`)
  }
}

function signatureError(what: string, types: readonly ValueType[], at: number): ServerSqlError {
  const list = types.map((type) => type.name).join(', ')
  return new ServerSqlError(`No matching signature for ${what} for argument types: ${list}`, at)
}

/** A function of fixed argument types. `any` stands for every type. */
function plain(
  signatures: readonly (readonly [readonly string[], string])[],
  text: (texts: readonly string[], values: readonly Typed[]) => string,
): FunctionTranslator {
  return (call, context) => {
    const values = call.arguments.map(context.translate)
    for (const [types, result] of signatures) {
      const fits =
        types.length === values.length &&
        types.every((type, i) => {
          const { name } = values[i]!.type
          return type === 'any' || name === type || name === 'NULL'
        })
      if (!fits) continue
      const type = result === 'same' ? values[0]!.type : typeNamed(result)
      const texts = values.map((v) => v.sql)
      return { sql: text(texts, values), type }
    }
    throw signatureError(`function ${call.name}`, values.map((v) => v.type), call.at) // prettier-ignore
  }
}

const name =
  (duckdb: string) =>
  (texts: readonly string[]): string =>
    `${duckdb}(${texts.join(', ')})`

const TRUNCATIONS = new Set(['YEAR', 'QUARTER', 'MONTH', 'ISOWEEK', 'DAY', 'HOUR', 'MINUTE', 'SECOND']) // prettier-ignore

function truncation(type: string, clock: boolean): FunctionTranslator {
  return (call, context) => {
    const [value, part] = call.arguments
    const unit = part?.kind === 'name' ? part.path[0]!.toUpperCase() : ''
    const known = TRUNCATIONS.has(unit) && (clock || !['HOUR', 'MINUTE', 'SECOND'].includes(unit))
    if (!value || !known) throw new ServerSqlError(`A valid date part name is required, not ${unit}`, call.at) // prettier-ignore
    const operand = context.translate(value)
    if (operand.type.name !== type) throw signatureError(`function ${call.name}`, [operand.type], call.at) // prettier-ignore
    const text = `date_trunc('${unit === 'ISOWEEK' ? 'week' : unit.toLowerCase()}', ${operand.sql})`
    return { sql: `CAST(${text} AS ${duckdbType(operand.type)})`, type: operand.type }
  }
}

function nonZero(text: string, divisor: string, what: string): string {
  return `CASE WHEN ${divisor} = 0 THEN error('division by zero: ${what}') ELSE ${text} END`
}

const FUNCTIONS: Readonly<Record<string, FunctionTranslator>> = {
  CHAR_LENGTH: plain([[['STRING'], 'INT64']], name('length')),
  LENGTH: plain([[['STRING'], 'INT64'], [['BYTES'], 'INT64']], ([text], [value]) => value!.type.name === 'BYTES' ? `octet_length(${text})` : `length(${text})`), // prettier-ignore
  BYTE_LENGTH: plain([[['STRING'], 'INT64'], [['BYTES'], 'INT64']], ([text], [value]) => value!.type.name === 'BYTES' ? `octet_length(${text})` : `strlen(${text})`), // prettier-ignore
  STARTS_WITH: plain([[['STRING', 'STRING'], 'BOOL']], name('starts_with')),
  ENDS_WITH: plain([[['STRING', 'STRING'], 'BOOL']], name('ends_with')),
  STRPOS: plain([[['STRING', 'STRING'], 'INT64']], name('strpos')),
  REPLACE: plain([[['STRING', 'STRING', 'STRING'], 'STRING']], ([a, b, c]) => `CASE WHEN ${b} = '' THEN ${a} ELSE replace(${a}, ${b}, ${c}) END`), // prettier-ignore
  TRIM: plain([[['STRING', 'STRING'], 'STRING']], name('trim')),
  LTRIM: plain([[['STRING', 'STRING'], 'STRING']], name('ltrim')),
  RTRIM: plain([[['STRING', 'STRING'], 'STRING']], name('rtrim')),
  SUBSTR: (call, context) => {
    const [value, position, length] = call.arguments
    const operand = value && context.translate(value)
    if (operand?.type.name !== 'STRING' || call.arguments.length > 3) {
      throw signatureError('function SUBSTR', operand ? [operand.type] : [], call.at)
    }
    // A position before the first character counts from the end, or is the first: only plain ones are answered here.
    if (position?.kind !== 'number' || Number(position.text) < 1) {
      throw new ServerSqlError('The test server knows SUBSTR of positive constant positions', call.at) // prettier-ignore
    }
    if (length !== undefined && (length.kind !== 'number' || Number(length.text) < 0)) {
      throw new ServerSqlError('Third argument in SUBSTR() cannot be negative', call.at)
    }
    const tail = length === undefined ? '' : `, ${length.text}`
    return { sql: `substr(${operand.sql}, ${position.text}${tail})`, type: STRING }
  },
  ABS: plain([[['INT64'], 'INT64'], [['NUMERIC'], 'NUMERIC'], [['BIGNUMERIC'], 'BIGNUMERIC']], name('abs')), // prettier-ignore
  MOD: plain([[['INT64', 'INT64'], 'INT64']], ([a, b]) => nonZero(`(${a} % ${b})`, b!, 'MOD')),
  DIV: plain([[['INT64', 'INT64'], 'INT64']], ([a, b]) => nonZero(`(${a} // ${b})`, b!, 'DIV')),
  IS_NAN: plain([[['FLOAT64'], 'BOOL']], name('isnan')),
  IS_INF: plain([[['FLOAT64'], 'BOOL']], name('isinf')),
  DATE_TRUNC: truncation('DATE', false),
  DATETIME_TRUNC: truncation('DATETIME', true),
  UNIX_MICROS: plain([[['TIMESTAMP'], 'INT64']], name('epoch_us')),
  TO_JSON_STRING: plain([[['any'], 'STRING']], ([text]) => `CAST(to_json(${text}) AS VARCHAR)`),
  COALESCE: (call, context) => {
    const { product } = context
    const values = call.arguments.map(context.translate)
    const type = product.supertype(values.map((value) => value.type), call.at) // prettier-ignore
    return { sql: `coalesce(${values.map((v) => product.coerce(v, type).sql).join(', ')})`, type }
  },
  IF: (call, context) => {
    const { product } = context
    const [condition, ...values] = call.arguments.map(context.translate)
    if (condition?.type.name !== 'BOOL' || values.length !== 2) throw signatureError('function IF', values.map((v) => v.type), call.at) // prettier-ignore
    const type = product.supertype(values.map((value) => value.type), call.at) // prettier-ignore
    const [yes, no] = values.map((value) => product.coerce(value, type).sql)
    return { sql: `CASE WHEN ${condition.sql} THEN ${yes} ELSE ${no} END`, type }
  },
}

const aggregate =
  (
    text: (argument: string, type: ValueType) => { sql: string; type: ValueType } | undefined,
  ): FunctionTranslator =>
  (call, context) => {
    const value = call.arguments[0] && context.translate(call.arguments[0])
    const result = value && call.arguments.length === 1 ? text(`${call.distinct ? 'DISTINCT ' : ''}${value.sql}`, value.type) : undefined // prettier-ignore
    if (result === undefined) throw signatureError(`aggregate function ${call.name}`, value ? [value.type] : [], call.at) // prettier-ignore
    return result
  }

const extremum = (word: string): FunctionTranslator =>
  aggregate(
    (text, type) =>
    // NaN of any row is the result of all: not emulated.
    ORDERABLE.has(type.name) && type.name !== 'FLOAT64' ? { sql: `${word}(${text})`, type } : undefined, // prettier-ignore
  )

const AGGREGATES: Readonly<Record<string, FunctionTranslator>> = {
  COUNT: (call, context) =>
    call.star
      ? { sql: 'count(*)', type: INT64 }
      : aggregate((text) => ({ sql: `count(${text})`, type: INT64 }))(call, context),
  SUM: aggregate((text, type) => {
    if (type.name === 'INT64') return { sql: `CAST(sum(${text}) AS BIGINT)`, type }
    if (type.name === 'NUMERIC') return { sql: `CAST(sum(${text}) AS DECIMAL(38,9))`, type: typeNamed('NUMERIC') } // prettier-ignore
    if (type.name === 'BIGNUMERIC') return { sql: `sum(${text})`, type: typeNamed('BIGNUMERIC') }
    return undefined
  }),
  MIN: extremum('min'),
  MAX: extremum('max'),
  LOGICAL_AND: aggregate((text, type) => (type.name === 'BOOL' ? { sql: `bool_and(${text})`, type } : undefined)), // prettier-ignore
  LOGICAL_OR: aggregate((text, type) => (type.name === 'BOOL' ? { sql: `bool_or(${text})`, type } : undefined)), // prettier-ignore
  APPROX_COUNT_DISTINCT: aggregate((text) => ({ sql: `count(DISTINCT ${text})`, type: INT64 })),
  COUNTIF: aggregate((text, type) => (type.name === 'BOOL' ? { sql: `count(CASE WHEN ${text} THEN 1 END)`, type: INT64 } : undefined)), // prettier-ignore
}

const CASTS: Readonly<Record<string, readonly string[]>> = {
  INT64: ['INT64', 'BOOL', 'STRING', 'NUMERIC', 'FLOAT64'],
  FLOAT64: ['INT64', 'FLOAT64', 'NUMERIC', 'STRING'],
  NUMERIC: ['INT64', 'NUMERIC', 'BIGNUMERIC', 'STRING'],
  BIGNUMERIC: ['INT64', 'NUMERIC', 'BIGNUMERIC', 'STRING'],
  STRING: ['INT64', 'STRING', 'DATE', 'BOOL'],
  BYTES: ['BYTES', 'STRING'],
  BOOL: ['BOOL', 'STRING'],
  DATE: ['DATE', 'DATETIME', 'STRING'],
  DATETIME: ['DATE', 'DATETIME', 'STRING'],
  TIME: ['TIME', 'DATETIME', 'STRING'],
  TIMESTAMP: ['TIMESTAMP', 'STRING'],
}

const LITERALS: Readonly<Record<string, RegExp>> = {
  DATE: /^\d{4}-\d{1,2}-\d{1,2}$/,
  TIME: /^\d{1,2}:\d{1,2}:\d{1,2}(\.\d{1,6})?$/,
  DATETIME: /^\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d{1,2}:\d{1,2}(\.\d{1,6})?)?$/,
  TIMESTAMP:
    /^\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d{1,2}:\d{1,2}(\.\d{1,6})?)?(Z|[+-]\d{1,2}(:\d\d)?| UTC)?$/,
  NUMERIC: /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/,
  BIGNUMERIC: /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/,
}

/** A value written as text, of a type: typed literals and parameters. */
export function valueOf(type: ValueType, text: string | null, at = -1): Typed {
  if (text === null) return { sql: `CAST(NULL AS ${duckdbType(type)})`, type }
  const wrong = new ServerSqlError(`Invalid ${type.name} literal: ${text}`, at)
  const pattern = LITERALS[type.name]
  if (pattern && !pattern.test(text)) throw wrong
  switch (type.name) {
    case 'INT64':
      if (!/^[+-]?\d+$/.test(text) || BigInt.asIntN(64, BigInt(text)) !== BigInt(text)) throw wrong
      return { sql: `CAST(${literal(text)} AS BIGINT)`, type }
    case 'FLOAT64': {
      if (!/^[+-]?(nan|inf(inity)?|(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?)$/i.test(text)) throw wrong
      return { sql: `CAST(${literal(text)} AS DOUBLE)`, type }
    }
    case 'BOOL':
      if (!/^(true|false)$/i.test(text)) throw wrong
      return { sql: text.toUpperCase(), type }
    case 'STRING':
      return { sql: literal(text), type, constant: text }
    case 'BYTES':
      return { sql: `from_base64(${literal(text)})`, type }
    case 'NUMERIC': {
      const [whole = '', fraction = ''] = text.replace(/^[+-]/, '').split('.')
      if (/e/i.test(text) || fraction.length > 9 || whole.replace(/^0+/, '').length > 29) throw wrong // prettier-ignore
      return { sql: `CAST(${literal(text)} AS DECIMAL(38,9))`, type }
    }
    case 'BIGNUMERIC': {
      const fraction = text.split('.')[1] ?? ''
      if (/e/i.test(text) || fraction.length > 38) throw wrong
      return { sql: `CAST(${literal(text)} AS DECIMAL(38,${fraction.length}))`, type }
    }
    case 'DATE':
    case 'TIME':
    case 'DATETIME':
      return { sql: `CAST(${literal(text)} AS ${duckdbType(type)})`, type }
    case 'TIMESTAMP': {
      const zoned = /(Z|UTC|[+-]\d{1,2}(:\d\d)?)$/.test(text.slice(10)) ? text : `${text}+00`
      return { sql: `CAST(${literal(zoned)} AS TIMESTAMPTZ)`, type }
    }
    default:
      throw new ServerSqlError(`Invalid value of type ${type.name}`, at)
  }
}

/** Makes GoogleSQL over tables and parameters. */
export function googleSql(table: Product['table'], parameter: Product['parameter']): Product {
  const supertype = (types: readonly ValueType[], at: number): ValueType => {
    const known = types.filter((type) => type.name !== 'NULL')
    const [first] = known
    if (first === undefined) return INT64
    if (known.every((type) => type.name === first.name)) return first
    if (known.every((type) => NUMBERS.includes(type.name))) {
      return typeNamed(NUMBERS[Math.max(...known.map((type) => NUMBERS.indexOf(type.name)))]!)
    }
    throw signatureError('operator CASE', types, at)
  }
  const coerce = (operand: Typed, to: ValueType): Typed =>
    operand.type.name === to.name || to.name === 'BIGNUMERIC'
      ? operand
      : { sql: `CAST(${operand.sql} AS ${duckdbType(to)})`, type: to }
  const comparable = (left: Typed, right: Typed): boolean => {
    const [a, b] = [left.type.name, right.type.name]
    if (!ORDERABLE.has(a) || !ORDERABLE.has(b)) return false
    return a === b || a === 'NULL' || b === 'NULL' || (NUMBERS.includes(a) && NUMBERS.includes(b))
  }
  const compare: Product['compare'] = (operator, left, right, at) => {
    if (!comparable(left, right)) throw signatureError(`operator ${operator}`, [left.type, right.type], at) // prettier-ignore
    const names = [left.type.name, right.type.name]
    const isWide = names.includes('BIGNUMERIC') && !names.includes('FLOAT64') && !names.includes('NULL') // prettier-ignore
    if (isWide) return { sql: comparedBignumerics(operator, left.sql, right.sql), type: BOOL }
    const plainText = `(${left.sql} ${operator} ${right.sql})`
    if (left.type.name !== 'FLOAT64' && right.type.name !== 'FLOAT64') return { sql: plainText, type: BOOL } // prettier-ignore
    const [a, b] = [left.sql, right.sql].map((sql) => `CAST(${sql} AS DOUBLE)`)
    // Every comparison with NaN is false, but <> is true.
    const text = `CASE WHEN ${a} IS NULL OR ${b} IS NULL THEN NULL WHEN isnan(${a}) OR isnan(${b}) THEN ${operator === '<>' ? 'TRUE' : 'FALSE'} ELSE ${plainText} END`
    return { sql: `(${text})`, type: BOOL }
  }
  return {
    nameKey: (text) => text.toLowerCase(),
    table,
    parameter,
    number: (text, at) =>
      /^-?\d+$/.test(text)
        ? valueOf(INT64, text, at)
        : { sql: `CAST('${text}' AS DOUBLE)`, type: typeNamed('FLOAT64') },
    string: (value) => ({ sql: literal(value), type: STRING, constant: value }),
    typed: (type, value, at) => valueOf(typeNamed(type), value, at),
    typeOf: (type: TypeName, at): ValueType => {
      if (type.numbers.length > 0) throw new ServerSqlError(`Type parameters are not supported here`, at) // prettier-ignore
      if (type.name === 'ARRAY' && type.element) return { name: 'ARRAY', element: typeNamed(type.element.name) } // prettier-ignore
      if (CASTS[type.name] === undefined) throw new ServerSqlError(`Type not found: ${type.name}`, at) // prettier-ignore
      return typeNamed(type.name)
    },
    cast: (operand, to, at) => {
      const from = operand.type.name
      if (from === 'NULL') return { sql: `CAST(NULL AS ${duckdbType(to)})`, type: to }
      if (!CASTS[to.name]?.includes(from)) {
        throw new ServerSqlError(`Invalid cast from ${from} to ${to.name}`, at)
      }
      if (to.name === 'BIGNUMERIC' && (from === 'NUMERIC' || from === 'BIGNUMERIC')) {
        return { sql: operand.sql, type: to }
      }
      if (to.name === 'BIGNUMERIC' && from === 'INT64') {
        return { sql: `CAST(${operand.sql} AS DECIMAL(38,0))`, type: to }
      }
      return { sql: `CAST(${operand.sql} AS ${duckdbType(to)})`, type: to }
    },
    compare,
    distinctFrom: (left, right, at) => {
      if (!comparable(left, right)) throw signatureError('operator IS DISTINCT FROM', [left.type, right.type], at) // prettier-ignore
      // NaN is not distinct from NaN, as in DuckDB.
      return { sql: `(${left.sql} IS DISTINCT FROM ${right.sql})`, type: BOOL }
    },
    arithmetic: (operator, left, right, at) => {
      const [a, b] = [left.type.name, right.type.name]
      const text = `(${left.sql} ${operator} ${right.sql})`
      if (operator === '||') {
        if (a === b && (a === 'STRING' || a === 'BYTES')) return { sql: text, type: left.type }
      } else if (
        ['+', '-', '*'].includes(operator) &&
        [a, b].every((n) => NUMBERS.includes(n) && n !== 'FLOAT64')
      ) {
        // prettier-ignore
        const type = typeNamed(NUMBERS[Math.max(NUMBERS.indexOf(a), NUMBERS.indexOf(b))]!)
        if (operator === '*' && type.name === 'BIGNUMERIC') {
          return { sql: `bignumeric_product(${left.sql}, ${right.sql})`, type }
        }
        // NUMERIC keeps nine digits behind the point, whatever is multiplied.
        return { sql: type.name === 'NUMERIC' ? `CAST(${text} AS DECIMAL(38,9))` : text, type }
      }
      throw signatureError(`operator ${operator}`, [left.type, right.type], at)
    },
    negate: (operand, at) => {
      if (!NUMBERS.includes(operand.type.name)) throw signatureError('operator -', [operand.type], at) // prettier-ignore
      return { sql: `(-${operand.sql})`, type: operand.type }
    },
    like: (operand, pattern, escape, at) => {
      if (escape) throw new ServerSqlError('Syntax error: Unexpected keyword ESCAPE', at)
      if (operand.type.name !== 'STRING' || pattern.type.name !== 'STRING') throw signatureError('operator LIKE', [operand.type, pattern.type], at) // prettier-ignore
      if (
        pattern.constant !== undefined &&
        /^(?:[^\\]|\\[\\%_])*$/s.exec(pattern.constant) === null
      ) {
        // prettier-ignore
        throw new ServerSqlError(`LIKE pattern has an illegal escape: ${pattern.constant}`, at, 'evaluation') // prettier-ignore
      }
      return { sql: `(${operand.sql} LIKE ${pattern.sql} ESCAPE '\\')`, type: BOOL }
    },
    extract: (part, operand, at) => {
      const parts: Readonly<Record<string, string>> = { YEAR: 'year', QUARTER: 'quarter', MONTH: 'month', DAY: 'day', DAYOFYEAR: 'doy', DAYOFWEEK: 'dow', HOUR: 'hour', MINUTE: 'minute', SECOND: 'second' } // prettier-ignore
      const field = parts[part]
      const type = operand.type.name
      const fits = type === 'DATETIME' || (type === 'DATE' && !['HOUR', 'MINUTE', 'SECOND'].includes(part)) // prettier-ignore
      if (field === undefined || !fits) throw new ServerSqlError(`EXTRACT from ${type} does not support the ${part} date part`, at) // prettier-ignore
      const text = `extract('${field}' FROM ${operand.sql})`
      return { sql: part === 'DAYOFWEEK' ? `(${text} + 1)` : text, type: INT64 }
    },
    field: (of, field, at) => {
      const found = of.type.fields?.find((f) => f.name.toLowerCase() === field.toLowerCase())
      if (!found) {
        throw new ServerSqlError(`Field name ${field} does not exist in ${of.type.name}`, at, 'unknown-column') // prettier-ignore
      }
      return { sql: `struct_extract(${of.sql}, '${found.name}')`, type: found.type }
    },
    element: (of, index: Expr, context: ExpressionContext, at) => {
      const isOffset = index.kind === 'call' && index.name === 'OFFSET' && index.arguments.length === 1 // prettier-ignore
      if (!isOffset || of.type.element === undefined) throw new ServerSqlError('Only array[OFFSET(n)] is supported', at) // prettier-ignore
      const position = context.translate(index.arguments[0]!)
      return { sql: `list_extract(${of.sql}, (${position.sql} + 1))`, type: of.type.element }
    },
    supertype,
    coerce,
    functions: FUNCTIONS,
    aggregates: AGGREGATES,
    functionNotFound: (text, at) => new ServerSqlError(`Function not found: ${text}`, at, 'unknown-function'), // prettier-ignore
    columnNotFound: (path, at) => new ServerSqlError(`Unrecognized name: ${path.join('.')}`, at, 'unknown-column'), // prettier-ignore
    orderItem: (sql, type, item) => {
      if (!ORDERABLE.has(type.name)) throw new ServerSqlError(`ORDER BY does not support expressions of type ${type.name}`) // prettier-ignore
      const first = item.nulls === undefined ? !item.descending : item.nulls === 'first'
      const tail = `${item.descending ? ' DESC' : ' ASC'}${first ? ' NULLS FIRST' : ' NULLS LAST'}`
      // NaN is the smallest number.
      const nan = `isnan(${sql})${item.descending ? ' ASC' : ' DESC'}${first ? ' NULLS FIRST' : ' NULLS LAST'}, `
      return `${type.name === 'FLOAT64' ? nan : ''}${sql}${tail}`
    },
    boolType: 'BOOL',
    integerType: 'INT64',
    limitNull: false,
    setModifierRequired: true,
    outerJoinsNeedEquality: true,
    flattenColumns: [],
  }
}
