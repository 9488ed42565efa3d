/**
 * Snowflake's SQL as the test server accepts it, translated to DuckDB. Every function, type and operator is listed with its
 * argument types; the rest is refused as Snowflake refuses it. Unquoted names fold to upper case, backslashes escape in
 * strings, NULLs sort as in PostgreSQL, NaN is the largest number, NUMBER multiplies with the documented scale.
 */
import type { Grammar } from '../sql/parser.js'
import { ServerSqlError } from '../sql/sql-error.js'
import type { TypeName } from '../sql/syntax-tree.js'
import type { FunctionTranslator, Product } from '../sql/translate.js'
import { literal, typeNamed, type Typed, type ValueType } from '../sql/value-type.js'

export const SNOWFLAKE_GRAMMAR: Grammar = {
  identifierQuote: '"',
  identifierEscapes: false,
  stringQuotes: "'",
  doubledQuotes: true,
  parameter: '?',
  fold: (word) => word.toUpperCase(),
  arrays: false,
  variants: true,
  // https://docs.snowflake.com/en/sql-reference/reserved-keywords
  reserved: new Set(
    `ALL ALTER AND ANY AS BETWEEN BY CASE CAST CHECK COLUMN CONNECT CONSTRAINT CREATE CROSS CURRENT DELETE DISTINCT DROP
     ELSE EXISTS FALSE FOLLOWING FOR FROM FULL GRANT GROUP GSCLUSTER HAVING ILIKE IN INCREMENT INNER INSERT INTERSECT INTO
     IS JOIN LATERAL LEFT LIKE LIMIT LOCALTIME LOCALTIMESTAMP MINUS NATURAL NOT NULL OF ON OR ORDER QUALIFY REGEXP REVOKE
     RIGHT RLIKE ROW ROWS SAMPLE SELECT SET SOME START TABLE TABLESAMPLE THEN TO TRIGGER TRUE UNION UNIQUE UPDATE USING
     VALUES WHEN WHENEVER WHERE WITH EXCEPT OFFSET`
      .split(/\s+/)
      .filter((word) => word !== ''),
  ),
}

const BOOLEAN = typeNamed('BOOLEAN')
const INTEGER: ValueType = { name: 'NUMBER', precision: 38, scale: 0 }
const VARCHAR = typeNamed('VARCHAR')
const SEMI = new Set(['VARIANT', 'OBJECT', 'ARRAY'])
const ORDERABLE = new Set(['NUMBER', 'FLOAT', 'VARCHAR', 'BINARY', 'BOOLEAN', 'DATE', 'TIME', 'TIMESTAMP_NTZ', 'TIMESTAMP_LTZ', 'TIMESTAMP_TZ', 'NULL']) // prettier-ignore

/** A NUMBER of a width and scale. */
export function number(precision: number, scale: number): ValueType {
  return { name: 'NUMBER', precision, scale }
}

/** The DuckDB type that holds a Snowflake type's values. */
export function duckdbType(type: ValueType): string {
  switch (type.name) {
    case 'NUMBER':
      return `DECIMAL(${type.precision ?? 38},${type.scale ?? 0})`
    case 'FLOAT':
      return 'DOUBLE'
    case 'VARCHAR':
      return 'VARCHAR'
    case 'BINARY':
      return 'BLOB'
    case 'BOOLEAN':
      return 'BOOLEAN'
    case 'DATE':
      return 'DATE'
    case 'TIME':
      return 'TIME'
    case 'TIMESTAMP_NTZ':
      return 'TIMESTAMP'
    case 'TIMESTAMP_LTZ':
    case 'TIMESTAMP_TZ':
      return 'TIMESTAMPTZ'
    case 'VARIANT':
    case 'OBJECT':
    case 'ARRAY':
      return 'JSON'
    default:
      throw new ServerSqlError(`Unsupported data type '${type.name}'.`)
  }
}

function argumentError(what: string, types: readonly ValueType[], at: number): ServerSqlError {
  const list = types.map((type) => (type.name === 'NUMBER' ? `NUMBER(${type.precision},${type.scale})` : type.name)) // prettier-ignore
  return new ServerSqlError(`Invalid argument types for function '${what}': (${list.join(', ')})`, at) // prettier-ignore
}

function plain(
  signatures: readonly (readonly [readonly string[], ValueType | 'same'])[],
  text: (texts: readonly string[]) => string,
): FunctionTranslator {
  return (call, context) => {
    const values = call.arguments.map(context.translate)
    for (const [types, result] of signatures) {
      const fits =
        types.length === values.length &&
        types.every((type, i) => values[i]!.type.name === type || values[i]!.type.name === 'NULL')
      if (!fits) continue
      return { sql: text(values.map((v) => v.sql)), type: result === 'same' ? values[0]!.type : result } // prettier-ignore
    }
    throw argumentError(call.name, values.map((v) => v.type), call.at) // prettier-ignore
  }
}

const name =
  (duckdb: string) =>
  (texts: readonly string[]): string =>
    `${duckdb}(${texts.join(', ')})`

const TRUNCATIONS = new Set(['YEAR', 'QUARTER', 'MONTH', 'WEEK', 'DAY', 'HOUR', 'MINUTE', 'SECOND'])

const FUNCTIONS: Readonly<Record<string, FunctionTranslator>> = {
  LENGTH: plain([[['VARCHAR'], number(18, 0)]], ([text]) => `CAST(length(${text}) AS DECIMAL(18,0))`), // prettier-ignore
  OCTET_LENGTH: (call, context) => {
    const [value] = call.arguments.map(context.translate)
    const counter = { VARCHAR: 'strlen', BINARY: 'octet_length' }[value?.type.name ?? '']
    if (!value || !counter) throw argumentError('OCTET_LENGTH', value ? [value.type] : [], call.at)
    return { sql: `CAST(${counter}(${value.sql}) AS DECIMAL(18,0))`, type: number(18, 0) }
  },
  STARTSWITH: plain([[['VARCHAR', 'VARCHAR'], BOOLEAN]], name('starts_with')),
  POSITION: plain([[['VARCHAR', 'VARCHAR'], number(18, 0)]], ([part, text]) => `CAST(strpos(${text}, ${part}) AS DECIMAL(18,0))`), // prettier-ignore
  REPLACE: plain([[['VARCHAR', 'VARCHAR', 'VARCHAR'], VARCHAR]], name('replace')),
  TRIM: plain([[['VARCHAR', 'VARCHAR'], VARCHAR]], name('trim')),
  LTRIM: plain([[['VARCHAR', 'VARCHAR'], VARCHAR]], name('ltrim')),
  RTRIM: plain([[['VARCHAR', 'VARCHAR'], VARCHAR]], name('rtrim')),
  SUBSTR: (call, context) => {
    const [value, position, length] = call.arguments
    const operand = value && context.translate(value)
    const fits = operand?.type.name === 'VARCHAR' && position?.kind === 'number' && Number(position.text) >= 1 // prettier-ignore
    if (!fits || (length !== undefined && length.kind !== 'number')) {
      throw new ServerSqlError('The test server knows SUBSTR of positive constant positions', call.at) // prettier-ignore
    }
    return { sql: `substr(${operand.sql}, ${position.text}${length ? `, ${length.text}` : ''})`, type: VARCHAR } // prettier-ignore
  },
  MOD: (call, context) => {
    const [a, b] = call.arguments.map(context.translate)
    if (a?.type.name !== 'NUMBER' || b?.type.name !== 'NUMBER' || a.type.scale !== 0 || b.type.scale !== 0) throw argumentError('MOD', [a, b].map((v) => v?.type ?? typeNamed('NULL')), call.at) // prettier-ignore
    const text = `CAST(CAST(${a.sql} AS HUGEINT) % CAST(${b.sql} AS HUGEINT) AS DECIMAL(38,0))`
    return { sql: `CASE WHEN ${b.sql} = 0 THEN error('Division by zero') ELSE ${text} END`, type: b.type } // prettier-ignore
  },
  ABS: plain(
    [
      [['NUMBER'], 'same'],
      [['FLOAT'], 'same'],
    ],
    name('abs'),
  ),
  DATE_TRUNC: (call, context) => {
    const [part, value] = call.arguments
    const unit = part?.kind === 'string' ? part.value.toUpperCase() : ''
    const operand = value && context.translate(value)
    if (
      !TRUNCATIONS.has(unit) ||
      !operand ||
      !['TIMESTAMP_NTZ', 'DATE'].includes(operand.type.name)
    ) {
      // prettier-ignore
      throw new ServerSqlError(`'${unit}' is not a valid date/time component for function DATE_TRUNC.`, call.at) // prettier-ignore
    }
    return { sql: `CAST(date_trunc('${unit.toLowerCase()}', ${operand.sql}) AS ${duckdbType(operand.type)})`, type: operand.type } // prettier-ignore
  },
  TO_BINARY: (call, context) => {
    const [value, format] = call.arguments
    const operand = value && context.translate(value)
    if (operand?.type.name !== 'VARCHAR' || format?.kind !== 'string' || format.value !== 'HEX') throw argumentError('TO_BINARY', [], call.at) // prettier-ignore
    return { sql: `unhex(${operand.sql})`, type: typeNamed('BINARY') }
  },
  PARSE_JSON: plain([[['VARCHAR'], typeNamed('VARIANT')]], ([text]) => `CAST(${text} AS JSON)`),
  TO_VARIANT: (call, context) => {
    const [value] = call.arguments.map(context.translate)
    if (!value) throw argumentError('TO_VARIANT', [], call.at)
    return { sql: SEMI.has(value.type.name) ? value.sql : `to_json(${value.sql})`, type: typeNamed('VARIANT') } // prettier-ignore
  },
  COALESCE: (call, context) => {
    const { product } = context
    const values = call.arguments.map(context.translate)
    const type = product.supertype(values.map((value) => value.type), call.at) // prettier-ignore
    return { sql: `coalesce(${values.map((v) => product.coerce(v, type).sql).join(', ')})`, type }
  },
  CURRENT_VERSION: plain([[[], VARCHAR]], () => `'9.36.0'`),
}

const aggregate =
  (text: (argument: string, type: ValueType) => Typed | undefined): FunctionTranslator =>
  (call, context) => {
    const value = call.arguments[0] && context.translate(call.arguments[0])
    const result = value && call.arguments.length === 1 ? text(`${call.distinct ? 'DISTINCT ' : ''}${value.sql}`, value.type) : undefined // prettier-ignore
    if (result === undefined) throw argumentError(call.name, value ? [value.type] : [], call.at)
    return result
  }

const extremum = (word: string): FunctionTranslator =>
  aggregate((text, type) => (ORDERABLE.has(type.name) && type.name !== 'BOOLEAN' ? { sql: `${word}(${text})`, type } : undefined)) // prettier-ignore

const AGGREGATES: Readonly<Record<string, FunctionTranslator>> = {
  COUNT: (call, context) =>
    call.star
      ? { sql: 'CAST(count(*) AS DECIMAL(18,0))', type: number(18, 0) }
      : aggregate((text) => ({ sql: `CAST(count(${text}) AS DECIMAL(18,0))`, type: number(18, 0) }))(call, context), // prettier-ignore
  SUM: aggregate((text, type) =>
    type.name === 'NUMBER'
      ? { sql: `CAST(sum(${text}) AS DECIMAL(38,${type.scale ?? 0}))`, type: number(38, type.scale ?? 0) } // prettier-ignore
      : undefined,
  ),
  APPROX_COUNT_DISTINCT: aggregate((text) => ({ sql: `CAST(count(DISTINCT ${text}) AS DECIMAL(18,0))`, type: number(18, 0) })), // prettier-ignore
  MIN: extremum('min'),
  MAX: extremum('max'),
  BOOLAND_AGG: aggregate((text, type) => (type.name === 'BOOLEAN' ? { sql: `bool_and(${text})`, type } : undefined)), // prettier-ignore
  BOOLOR_AGG: aggregate((text, type) => (type.name === 'BOOLEAN' ? { sql: `bool_or(${text})`, type } : undefined)), // prettier-ignore
}

const CASTS: Readonly<Record<string, readonly string[]>> = {
  NUMBER: ['NUMBER', 'VARCHAR', 'VARIANT', 'BOOLEAN'],
  FLOAT: ['NUMBER', 'FLOAT', 'VARCHAR', 'VARIANT'],
  VARCHAR: ['NUMBER', 'VARCHAR', 'VARIANT', 'DATE'],
  BOOLEAN: ['BOOLEAN', 'VARCHAR', 'VARIANT'],
  DATE: ['DATE', 'VARCHAR', 'TIMESTAMP_NTZ', 'VARIANT'],
  TIME: ['TIME', 'VARCHAR', 'VARIANT'],
  TIMESTAMP_NTZ: ['TIMESTAMP_NTZ', 'DATE', 'VARCHAR', 'VARIANT'],
  TIMESTAMP_LTZ: ['TIMESTAMP_LTZ', 'TIMESTAMP_TZ', 'VARCHAR', 'VARIANT'],
  TIMESTAMP_TZ: ['TIMESTAMP_TZ', 'TIMESTAMP_LTZ', 'VARCHAR'],
  BINARY: ['BINARY'],
  VARIANT: ['VARIANT', 'OBJECT', 'ARRAY'],
}

const SYNONYMS: Readonly<Record<string, string>> = { INT: 'NUMBER', INTEGER: 'NUMBER', BIGINT: 'NUMBER', DECIMAL: 'NUMBER', NUMERIC: 'NUMBER', DOUBLE: 'FLOAT', 'DOUBLE PRECISION': 'FLOAT', REAL: 'FLOAT', STRING: 'VARCHAR', TEXT: 'VARCHAR' } // prettier-ignore

function widest(a: ValueType, b: ValueType): ValueType {
  const scale = Math.max(a.scale ?? 0, b.scale ?? 0)
  const whole = Math.max((a.precision ?? 38) - (a.scale ?? 0), (b.precision ?? 38) - (b.scale ?? 0))
  return number(Math.min(38, whole + scale), scale)
}

/** Makes Snowflake's SQL over tables and binds. */
export function snowflakeSql(table: Product['table'], parameter: Product['parameter']): Product {
  const supertype = (types: readonly ValueType[], at: number): ValueType => {
    const known = types.filter((type) => type.name !== 'NULL')
    const [first] = known
    if (first === undefined) return VARCHAR
    if (known.every((type) => type.name === 'NUMBER')) return known.reduce(widest)
    if (known.every((type) => type.name === first.name)) return first
    throw argumentError('CASE', types, at)
  }
  const comparable = (left: Typed, right: Typed): boolean => {
    const [a, b] = [left.type.name, right.type.name]
    if (!ORDERABLE.has(a) || !ORDERABLE.has(b)) return false
    const isInstant = (type: string): boolean => type === 'TIMESTAMP_LTZ' || type === 'TIMESTAMP_TZ'
    const isNumber = (type: string): boolean => type === 'NUMBER' || type === 'FLOAT'
    return a === b || a === 'NULL' || b === 'NULL' || (isInstant(a) && isInstant(b)) || (isNumber(a) && isNumber(b)) // prettier-ignore
  }
  const compared = (operator: string, left: Typed, right: Typed, at: number): Typed => {
    if (!comparable(left, right)) throw argumentError(operator, [left.type, right.type], at)
    return { sql: `(${left.sql} ${operator} ${right.sql})`, type: BOOLEAN }
  }
  return {
    nameKey: (text) => text,
    table,
    parameter,
    number: (text) => {
      if (/e/i.test(text)) return { sql: `CAST('${text}' AS DOUBLE)`, type: typeNamed('FLOAT') }
      const [whole = '', fraction = ''] = text.replace('-', '').split('.')
      const precision = Math.max(1, whole.replace(/^0+/, '').length + fraction.length)
      if (precision > 38) throw new ServerSqlError(`Numeric value '${text}' is out of range`)
      const type = number(precision, fraction.length)
      return { sql: `CAST('${text}' AS ${duckdbType(type)})`, type }
    },
    string: (value) => ({ sql: literal(value), type: VARCHAR, constant: value }),
    typed: (type, value, at) => {
      if (type !== 'DATE' || !/^\d{4}-\d\d-\d\d$/.test(value)) throw new ServerSqlError(`invalid literal ${type} '${value}'`, at) // prettier-ignore
      return { sql: `CAST('${value}' AS DATE)`, type: typeNamed('DATE') }
    },
    typeOf: (type: TypeName, at) => {
      const known = SYNONYMS[type.name] ?? type.name
      if (CASTS[known] === undefined) throw new ServerSqlError(`Unsupported data type '${type.name}'.`, at) // prettier-ignore
      const [first, second = 0] = type.numbers
      if (known === 'NUMBER') return number(first ?? 38, second)
      return first === undefined ? typeNamed(known) : { name: known, scale: first }
    },
    cast: (operand, to, at) => {
      const from = operand.type.name
      const target = duckdbType(to)
      if (from === 'NULL') return { sql: `CAST(NULL AS ${target})`, type: to }
      if (!CASTS[to.name]?.includes(from)) throw new ServerSqlError(`invalid type [CAST(X AS ${to.name})] for parameter 'TO_${to.name}'`, at) // prettier-ignore
      if (to.name === 'VARIANT') return { sql: operand.sql, type: to }
      const sql = from === 'VARIANT' ? `(${operand.sql} ->> '$')` : operand.sql
      // Fewer digits of a second are cut off.
      if (to.name.startsWith('TIMESTAMP') || to.name === 'TIME') {
        return { sql: `CAST(${sql} AS ${target})`, type: to }
      }
      return { sql: `CAST(${sql} AS ${target})`, type: to }
    },
    compare: compared,
    distinctFrom: (left, right, at) => compared('IS DISTINCT FROM', left, right, at),
    arithmetic: (operator, left, right, at) => {
      const [a, b] = [left.type, right.type]
      if (operator === '||' && a.name === 'VARCHAR' && b.name === 'VARCHAR') {
        return { sql: `(${left.sql} || ${right.sql})`, type: VARCHAR }
      }
      if (a.name !== 'NUMBER' || b.name !== 'NUMBER' || !['+', '-', '*'].includes(operator)) {
        throw argumentError(operator, [a, b], at)
      }
      const [sa, sb] = [a.scale ?? 0, b.scale ?? 0]
      const [la, lb] = [(a.precision ?? 38) - sa, (b.precision ?? 38) - sb]
      const scale = operator === '*' ? Math.min(sa + sb, Math.max(sa, sb, 12)) : Math.max(sa, sb)
      const whole = operator === '*' ? la + lb : Math.max(la, lb) + 1
      const type = number(Math.min(38, whole + scale), scale)
      return { sql: `CAST((${left.sql} ${operator} ${right.sql}) AS ${duckdbType(type)})`, type }
    },
    negate: (operand, at) => {
      if (operand.type.name !== 'NUMBER' && operand.type.name !== 'FLOAT') throw argumentError('-', [operand.type], at) // prettier-ignore
      return { sql: `(-${operand.sql})`, type: operand.type }
    },
    like: (operand, pattern, escape, at) => {
      if (operand.type.name !== 'VARCHAR' || pattern.type.name !== 'VARCHAR') throw argumentError('LIKE', [operand.type, pattern.type], at) // prettier-ignore
      if (escape?.constant === undefined) {
        // Without ESCAPE no character is special but % and _.
        return { sql: `(${operand.sql} LIKE ${pattern.sql})`, type: BOOLEAN }
      }
      if (escape.constant.length !== 1) throw new ServerSqlError(`Invalid escape character '${escape.constant}'`, at) // prettier-ignore
      return { sql: `(${operand.sql} LIKE ${pattern.sql} ESCAPE ${literal(escape.constant)})`, type: BOOLEAN } // prettier-ignore
    },
    extract: (part, operand, at) => {
      const parts: Readonly<Record<string, string>> = { YEAR: 'year', QUARTER: 'quarter', MONTH: 'month', DAY: 'day', DAYOFYEAR: 'doy', DAYOFWEEKISO: 'isodow', HOUR: 'hour', MINUTE: 'minute' } // prettier-ignore
      const field = parts[part]
      const type = operand.type.name
      const fits = type === 'TIMESTAMP_NTZ' || (type === 'DATE' && !['HOUR', 'MINUTE'].includes(part)) // prettier-ignore
      if (field === undefined || !fits) throw new ServerSqlError(`'${part}' is not a valid date/time component for function EXTRACT.`, at) // prettier-ignore
      return { sql: `CAST(extract('${field}' FROM ${operand.sql}) AS DECIMAL(8,0))`, type: number(8, 0) } // prettier-ignore
    },
    field: (of, field) => {
      if (!SEMI.has(of.type.name)) throw new ServerSqlError(`Invalid argument types for function 'GET': (${of.type.name}, VARCHAR)`) // prettier-ignore
      return { sql: `json_extract(${of.sql}, ${literal(`$."${field.replaceAll('"', '\\"')}"`)})`, type: typeNamed('VARIANT') } // prettier-ignore
    },
    element: (of, index, _context, at) => {
      if (!SEMI.has(of.type.name) || index.kind !== 'number') throw new ServerSqlError('Only variant[n] is known', at) // prettier-ignore
      return { sql: `json_extract(${of.sql}, '$[${index.text}]')`, type: typeNamed('VARIANT') }
    },
    supertype,
    coerce: (operand, to) => {
      const same = operand.type.name === to.name && operand.type.precision === to.precision && operand.type.scale === to.scale // prettier-ignore
      return same || to.name !== 'NUMBER'
        ? { sql: operand.type.name === 'NULL' ? `CAST(NULL AS ${duckdbType(to)})` : operand.sql, type: to } // prettier-ignore
        : { sql: `CAST(${operand.sql} AS ${duckdbType(to)})`, type: to }
    },
    functions: FUNCTIONS,
    aggregates: AGGREGATES,
    functionNotFound: (text, at) => new ServerSqlError(`Unknown function ${text}`, at, 'unknown-function'), // prettier-ignore
    columnNotFound: (path, at) => new ServerSqlError(`invalid identifier '${path.map((p) => (/^[A-Z_][A-Z0-9_$]*$/.test(p) ? p : `"${p}"`)).join('.')}'`, at, 'unknown-column'), // prettier-ignore
    orderItem: (sql, type, item) => {
      if (!ORDERABLE.has(type.name)) throw new ServerSqlError(`Expressions of type ${type.name} cannot be used in ORDER BY`) // prettier-ignore
      const first = item.nulls === undefined ? item.descending : item.nulls === 'first'
      return `${sql}${item.descending ? ' DESC' : ' ASC'}${first ? ' NULLS FIRST' : ' NULLS LAST'}`
    },
    boolType: 'BOOLEAN',
    integerType: 'NUMBER',
    limitNull: true,
    setModifierRequired: false,
    outerJoinsNeedEquality: true,
    flattenColumns: [
      { name: 'SEQ', type: INTEGER },
      { name: 'KEY', type: VARCHAR },
      { name: 'PATH', type: VARCHAR },
      { name: 'INDEX', type: INTEGER },
      { name: 'VALUE', type: typeNamed('VARIANT') },
      { name: 'THIS', type: typeNamed('VARIANT') },
    ],
  }
}
