/** Draws typed expressions that PostgreSQL accepts and that mostly do not fail. */
import { drawConstant, drawValue, literal } from './constants.js'
import { drawForm } from './draw-form.js'
import type { Draw, ScopeColumn, ValueType } from './scope.js'
import { list, typed, type SqlNode, type SqlPart } from './sql-tree.js'

type Scope = readonly ScopeColumn[]
type Maker = (draw: Draw, scope: Scope, depth: number) => SqlNode

const bool = typed('bool')
const text = typed('text')
const int4 = typed('int4')
const numeric = typed('numeric')

const NUMBERS: readonly ValueType[] = ['int2', 'int4', 'int8', 'numeric', 'float8']

/** Draws an expression of a type. */
export function drawExpression(draw: Draw, scope: Scope, type: ValueType, depth: number): SqlNode {
  const { random } = draw
  if (depth <= 0 || random.chance(0.45)) return drawLeaf(draw, scope, type)
  if (random.chance(0.25)) return drawGeneral(draw, scope, type, depth)
  const makers = MAKERS[type]
  if (makers !== undefined && random.chance(0.45)) {
    return random.pick(makers)(draw, scope, depth - 1)
  }
  return drawFilledForm(draw, scope, type, depth)
}

function drawFilledForm(draw: Draw, scope: Scope, type: ValueType, depth: number): SqlNode {
  const form = drawForm(draw, type, (wanted, kind) =>
    kind === 'small'
      ? drawLeaf(draw, scope, wanted, true)
      : drawExpression(draw, scope, wanted, depth - 1),
  )
  return form ?? drawLeaf(draw, scope, type)
}

/** Draws a column of the type where there is one, else a constant. */
export function drawLeaf(draw: Draw, scope: Scope, type: ValueType, small = false): SqlNode {
  const fitting = scope.filter((column) => column.type === type && (!small || column.small))
  if (fitting.length > 0 && draw.random.chance(0.85)) {
    return typed(type)`${draw.random.pick(fitting).sql}`
  }
  return typed(type)`${drawConstant(draw, type)}`
}

/** Draws what exists for every type: CASE, COALESCE, NULLIF, scalar subqueries. */
function drawGeneral(draw: Draw, scope: Scope, type: ValueType, depth: number): SqlNode {
  const { random } = draw
  const one = (): SqlNode => drawExpression(draw, scope, type, depth - 1)
  const make = typed(type)
  switch (random.whole(0, type === 'json' ? 2 : 5)) {
    case 0:
      return make`CASE WHEN ${drawCondition(draw, scope, depth - 1)} THEN ${one()} ELSE ${one()} END`
    case 1:
      return make`coalesce(${one()}, ${one()})`
    case 2: {
      const query = draw.oneColumn(type, scope, depth - 1, true)
      return query === undefined ? one() : make`(${query})`
    }
    case 3:
      return make`nullif(${one()}, ${one()})`
    case 4:
      return make`CASE ${one()} WHEN ${one()} THEN ${one()} WHEN ${one()} THEN ${one()} END`
    default:
      return random.chance(0.5)
        ? make`greatest(${one()}, ${one()})`
        : make`least(${one()}, ${one()}, ${one()})`
  }
}

/** Draws numbers that can be calculated with. */
function smallNumber(draw: Draw, scope: Scope, type: ValueType, depth: number): SqlNode {
  if (depth <= 0 || draw.random.chance(0.7)) return drawLeaf(draw, scope, type, true)
  return drawArithmetic(type)(draw, scope, depth - 1)
}

function drawArithmetic(type: ValueType): Maker {
  const make = typed(type)
  return (draw, scope, depth) => {
    const one = (): SqlNode => smallNumber(draw, scope, type, depth)
    const isFloat = type === 'float4' || type === 'float8'
    switch (draw.random.whole(0, type === 'numeric' || type === 'float8' ? 8 : 5)) {
      case 0:
        return make`(${one()} + ${one()})`
      case 1:
        return make`(${one()} - ${one()})`
      case 2:
        return make`(${one()} * ${literal(type, draw.random.pick(['2', '-1', '3', '0']))})`
      case 3:
        return make`(${one()} / nullif(${one()}, ${literal(type, '0')}))`
      case 4:
        return make`abs(${one()})`
      case 5:
        return isFloat
          ? make`(- ${one()})`
          : make`(${one()} % nullif(${one()}, ${literal(type, '0')}))`
      case 6:
        return isFloat
          ? make`round(${one()})`
          : make`round(${one()}, ${String(draw.random.whole(0, 3))})`
      case 7:
        return make`${draw.random.pick(['floor', 'ceil', 'trunc', 'sign'])}(${one()})`
      default:
        return make`(${one()} * ${one()})`
    }
  }
}

const cast =
  (to: ValueType, ...from: ValueType[]): Maker =>
  (draw, scope, depth) =>
    typed(to)`(${smallNumber(draw, scope, draw.random.pick(from), depth)})::${to}`

const lengthOfText: Maker = (draw, scope, depth) => {
  const { random } = draw
  const value = drawExpression(draw, scope, 'text', depth)
  switch (random.whole(0, 3)) {
    case 0:
      return int4`length(${value})`
    case 1:
      return int4`octet_length(${value})`
    case 2:
      return int4`strpos(${value}, ${drawConstant(draw, 'text')})`
    default:
      return int4`ascii(${value})`
  }
}

const dateDifference: Maker = (draw, scope) =>
  int4`(${drawLeaf(draw, scope, 'date', true)} - ${drawLeaf(draw, scope, 'date', true)})`

const fieldOfMoment: Maker = (draw, scope, depth) => {
  const { random } = draw
  const type = random.pick(['date', 'timestamp', 'timestamptz'] as const)
  const fields = ['year', 'month', 'day', 'dow', 'doy', 'quarter', 'week', 'isoyear', 'century', 'epoch'] // prettier-ignore
  if (type !== 'date') fields.push('hour', 'minute', 'second', 'microseconds')
  return numeric`extract(${random.pick(fields)} FROM ${drawExpression(draw, scope, type, depth)})`
}

const textFunction: Maker = (draw, scope, depth) => {
  const { random } = draw
  const one = (): SqlNode => drawExpression(draw, scope, 'text', depth)
  const constant = (): SqlPart => drawConstant(draw, 'text')
  const whole = (from: number, to: number): string => `${random.whole(from, to)}`
  switch (random.whole(0, 17)) {
    case 0:
    case 1:
      return text`(${one()} || ${one()})`
    case 2:
      return text`upper(${one()})`
    case 3:
      return text`lower(${one()})`
    case 4:
      return text`substring(${one()} from ${whole(-1, 4)} for ${whole(0, 4)})`
    case 5:
      return text`left(${one()}, ${whole(-2, 4)})`
    case 6:
      return text`right(${one()}, ${whole(-2, 4)})`
    case 7:
      return text`${random.pick(['trim', 'ltrim', 'rtrim', 'btrim'])}(${one()})`
    case 8:
      return text`replace(${one()}, ${constant()}, ${constant()})`
    case 9:
      return text`concat(${one()}, ${drawExpression(draw, scope, random.pick(['int4', 'bool', 'date', 'numeric', 'text']), depth)})`
    case 10:
      return text`concat_ws('-', ${one()}, ${one()})`
    case 11:
      return text`lpad(${one()}, ${whole(0, 6)}, '*')`
    case 12:
      return text`reverse(${one()})`
    case 13:
      return text`split_part(${one()}, ${random.pick(["'-'", "' '", "'o'"])}, ${random.pick(['1', '2', '-1'])})`
    case 14:
      return text`initcap(${one()})`
    case 15:
      return text`md5(${one()})`
    case 16:
      return text`translate(${one()}, 'abo', 'xy')`
    default:
      return text`repeat(${one()}, ${whole(-1, 2)})`
  }
}

const castToText: Maker = (draw, scope, depth) => {
  const types = VALUE_CASTS_TO_TEXT
  return text`(${drawExpression(draw, scope, draw.random.pick(types), depth)})::text`
}

const VALUE_CASTS_TO_TEXT: readonly ValueType[] = [
  ...(['int2', 'int4', 'int8', 'numeric', 'float8', 'bool', 'date', 'timestamp'] as const),
  ...(['timestamptz', 'uuid', 'jsonb', 'time', 'float4', 'bytea'] as const),
]

const toChar: Maker = (draw, scope, depth) =>
  text`to_char(${drawExpression(draw, scope, 'timestamp', depth)}, ${draw.random.pick(["'YYYY-MM-DD'", "'DD.MM.YY HH24:MI:SS'", "'Mon DD, YYYY'", "'IYYY-IW'"])})`

const jsonText: Maker = (draw, scope, depth) =>
  text`(${drawExpression(draw, scope, 'jsonb', depth)} ->> ${draw.random.pick(["'a'", "'b'", '0', '-1', "'é'"])})`

const interval = (draw: Draw): string =>
  draw.random.pick([
    ...[
      "interval '1 day'",
      "interval '1 month'",
      "interval '-3 hours'",
      "interval '1 year 2 days'",
    ],
    ...["interval '0.5 second'"],
  ])

const momentPlus =
  (type: 'timestamp' | 'timestamptz'): Maker =>
  (draw, scope) =>
    typed(
      type,
    )`(${drawLeaf(draw, scope, type, true)} ${draw.random.pick(['+', '-'])} ${interval(draw)})`

const truncated =
  (type: 'timestamp' | 'timestamptz'): Maker =>
  (draw, scope, depth) =>
    typed(
      type,
    )`date_trunc(${draw.random.pick(["'year'", "'quarter'", "'month'", "'week'", "'day'", "'hour'", "'second'"])}, ${drawExpression(draw, scope, type, depth)})`

const MAKERS: Readonly<Partial<Record<ValueType, readonly Maker[]>>> = {
  int2: [drawArithmetic('int2')],
  int4: [drawArithmetic('int4'), drawArithmetic('int4'), cast('int4', 'int2', 'numeric', 'float8'), lengthOfText, dateDifference], // prettier-ignore
  int8: [drawArithmetic('int8'), cast('int8', 'int4', 'numeric', 'int2')],
  numeric: [drawArithmetic('numeric'), drawArithmetic('numeric'), cast('numeric', 'int4', 'int8', 'float8'), fieldOfMoment], // prettier-ignore
  float8: [drawArithmetic('float8'), cast('float8', 'int4', 'numeric', 'float4')],
  text: [textFunction, textFunction, textFunction, castToText, toChar, jsonText],
  bool: [(draw, scope, depth) => drawCondition(draw, scope, depth)],
  date: [
    (draw, scope) =>
      typed(
        'date',
      )`(${drawLeaf(draw, scope, 'date')} ${draw.random.pick(['+', '-'])} ${String(draw.random.whole(0, 400))})`,
    (draw, scope, depth) =>
      typed('date')`(${drawExpression(draw, scope, 'timestamp', depth)})::date`,
  ],
  time: [
    (draw, scope, depth) =>
      typed('time')`(${drawExpression(draw, scope, 'timestamp', depth)})::time`,
  ],
  timestamp: [
    momentPlus('timestamp'),
    truncated('timestamp'),
    (draw, scope) =>
      typed('timestamp')`(${drawLeaf(draw, scope, 'date', true)} + ${interval(draw)})`,
    (draw, scope, depth) =>
      typed('timestamp')`(${drawExpression(draw, scope, 'date', depth)})::timestamp`,
  ],
  timestamptz: [momentPlus('timestamptz'), truncated('timestamptz')],
  jsonb: [
    (draw, scope, depth) =>
      typed(
        'jsonb',
      )`(${drawExpression(draw, scope, 'jsonb', depth)} -> ${draw.random.pick(["'a'", "'b'", '0', '1'])})`,
  ],
}

const COMPARABLE: readonly ValueType[] = [
  ...(['int2', 'int4', 'int8', 'numeric', 'float8', 'text', 'text', 'bool', 'date'] as const),
  ...(['timestamp', 'timestamptz', 'uuid', 'time', 'float4', 'bytea'] as const),
  ...(['interval', 'timetz', 'int4[]', 'text[]', 'bpchar', 'name', 'oid', 'jsonb'] as const),
  ...(['grade', 'state', 'grade[]'] as const),
]

/** Prefers types that the scope has. */
export function drawType(draw: Draw, scope: Scope, types: readonly ValueType[]): ValueType {
  const present = types.filter((type) => scope.some((column) => column.type === type))
  return present.length > 0 && draw.random.chance(0.9)
    ? draw.random.pick(present)
    : draw.random.pick(types)
}

/** Draws a condition. */
export function drawCondition(draw: Draw, scope: Scope, depth: number): SqlNode {
  const { random } = draw
  if (depth > 0) {
    const share = random.next()
    if (share < 0.12)
      return bool`(${drawCondition(draw, scope, depth - 1)} AND ${drawCondition(draw, scope, depth - 1)})`
    if (share < 0.24)
      return bool`(${drawCondition(draw, scope, depth - 1)} OR ${drawCondition(draw, scope, depth - 1)})`
    if (share < 0.3) return bool`(NOT ${drawCondition(draw, scope, depth - 1)})`
    if (share < 0.34)
      return bool`(${drawCondition(draw, scope, depth - 1)} IS ${random.pick(['TRUE', 'FALSE', 'UNKNOWN', 'NOT TRUE', 'NOT FALSE', 'NOT NULL'])})`
    if (share < 0.48) {
      const condition = drawSubqueryCondition(draw, scope, depth - 1)
      if (condition !== undefined) return condition
    }
  }
  const type = drawType(draw, scope, COMPARABLE)
  const one = (): SqlNode => drawExpression(draw, scope, type, depth - 1)
  switch (random.whole(0, 13)) {
    case 0:
      return bool`(${one()} IS ${random.pick(['NULL', 'NOT NULL'])})`
    case 1:
      return bool`(${one()} IS ${random.pick(['', 'NOT '])}DISTINCT FROM ${one()})`
    case 2:
      return bool`(${one()} ${random.pick(['', 'NOT '])}BETWEEN ${one()} AND ${one()})`
    case 3: {
      const items = Array.from({ length: random.whole(1, 5) }, () => drawConstant(draw, type))
      return bool`(${one()} ${random.pick(['', '', 'NOT '])}IN (${list(items)}))`
    }
    case 4:
    case 12:
    case 13:
      return drawMatch(draw, scope, depth)
    case 5: {
      const columns = scope.filter((column) => column.type === 'bool')
      return columns.length > 0 ? bool`${random.pick(columns).sql}` : bool`(${one()} = ${one()})`
    }
    case 6: {
      const other = NUMBERS.includes(type) ? drawType(draw, scope, NUMBERS) : type
      const right = drawExpression(draw, scope, other, depth - 1)
      return bool`(${one()} ${random.pick(COMPARISONS)} ${right})`
    }
    case 7: {
      const second = drawType(draw, scope, COMPARABLE)
      const left = [one(), drawExpression(draw, scope, second, 0)] as const
      const right = [one(), drawExpression(draw, scope, second, 0)] as const
      return bool`((${left[0]}, ${left[1]}) ${random.pick(['=', '<', '>=', '<>'])} (${right[0]}, ${right[1]}))`
    }
    case 8: {
      const values = Array.from({ length: random.whole(1, 4) }, () => drawConstant(draw, type))
      return bool`(${one()} ${random.pick(['= ANY', '<> ALL', '< ANY', '>= ALL'])} (ARRAY[${list(values)}]::${type}[]))`
    }
    default:
      return bool`(${one()} ${random.pick(COMPARISONS)} ${drawConstant(draw, type)})`
  }
}

const COMPARISONS = ['=', '=', '<>', '<', '<=', '>', '>='] as const

function drawMatch(draw: Draw, scope: Scope, depth: number): SqlNode {
  const { random } = draw
  const value = drawExpression(draw, scope, 'text', depth - 1)
  if (random.chance(0.15)) {
    const json = drawExpression(draw, scope, 'jsonb', depth - 1)
    return random.chance(0.5)
      ? bool`(${json} @> ${literal('jsonb', drawValue(random, 'jsonb'))})`
      : bool`(${json} ? ${random.pick(["'a'", "'b'", "'text'"])})`
  }
  if (random.chance(0.3)) return drawFilledForm(draw, scope, 'bool', depth)
  if (random.chance(0.15)) return bool`(${value} ~${random.pick(['', '*'])} ${random.pick(["'^[a-z]+$'", "'o'", "'^SKU-[1-3]'", "'[^a-z]'", "'a|b'"])})` // prettier-ignore
  if (random.chance(0.1)) return bool`starts_with(${value}, ${random.pick(["'a'", "'SKU'", "''"])})`
  const patterns = ["'%o%'", "'b%'", "'%'", "'_ob'", "'%\\_%'", "'SKU-1_'", "'%n'", "'Bob '", "''", "'%ä%'", "'100\\%'"] // prettier-ignore
  return bool`(${value} ${random.pick(['', 'NOT '])}${random.pick(['LIKE', 'LIKE', 'ILIKE'])} ${random.pick(patterns)})`
}

function drawSubqueryCondition(draw: Draw, scope: Scope, depth: number): SqlNode | undefined {
  const { random } = draw
  if (random.chance(0.4)) {
    const query = draw.anyRows(scope, depth)
    return query === undefined ? undefined : bool`(${random.pick(['', 'NOT '])}EXISTS (${query}))`
  }
  const type = drawType(draw, scope, COMPARABLE)
  const query = draw.oneColumn(type, scope, depth, false)
  if (query === undefined) return undefined
  const left = drawExpression(draw, scope, type, 1)
  const operator = random.pick([
    'IN',
    'IN',
    'NOT IN',
    '= ANY',
    '< ANY',
    '> ALL',
    '<> ALL',
    '<= ALL',
  ])
  return bool`(${left} ${operator} (${query}))`
}

/** Writes an expression so that equal values look equal: where a query keeps one of several equal values. */
export function inPlainForm(expression: SqlNode, type: ValueType): SqlNode {
  if (type === 'numeric') return numeric`round(${expression}, 3)`
  if (type === 'float8') return typed('float8')`(${expression} + 0)`
  if (type === 'float4') return typed('float4')`(${expression} + 0::float4)`
  if (type === 'interval') return typed('interval')`justify_interval(${expression})`
  if (type === 'bpchar') return typed('bpchar')`(${expression})::bpchar(8)`
  if (type === 'json') return typed('json')`(${expression})::text`
  // Numbers in it may differ in their scale alone.
  if (type === 'jsonb') return typed('jsonb')`to_jsonb((${expression})::text)`
  return expression
}

/** Whether values have an order and an equality. */
export function isComparable(type: ValueType): boolean {
  return type !== 'json'
}
