/** Draws calls of aggregates and window functions whose results do not depend on the order of rows. */
import {
  drawCondition,
  drawExpression,
  drawLeaf,
  drawType,
  inPlainForm,
} from './draw-expression.js'
import { drawConstant } from './constants.js'
import type { Draw, ScopeColumn, ValueType } from './scope.js'
import { guard, sql, typed, type SqlNode } from './sql-tree.js'

type Scope = readonly ScopeColumn[]

const ORDERED_TYPES: readonly ValueType[] = [
  ...(['int2', 'int4', 'int8', 'numeric', 'text', 'date', 'timestamp', 'timestamptz'] as const),
  ...([
    'float8',
    'time',
    'interval',
    'bpchar',
    'text[]',
    'int4[]',
    'oid',
    'timetz',
    'float4',
    'grade',
    'state',
  ] as const),
]
const SUMMABLE: readonly ValueType[] = ['int2', 'int4', 'int8', 'numeric', 'float8']

const SUM_TYPES: Partial<Record<ValueType, ValueType>> = {
  ...{ int2: 'int8', int4: 'int8', int8: 'numeric', numeric: 'numeric', float8: 'float8' },
}

/** Draws numbers that add up to the same in every order. */
function summand(draw: Draw, scope: Scope, type: ValueType): SqlNode {
  const { random } = draw
  const leaf = drawLeaf(draw, scope, type, true)
  // Floats of the tables are sums of powers of two: products with a half still are.
  if (type === 'float8') return random.chance(0.2) ? typed(type)`(${leaf} * 0.5)` : leaf
  if (random.chance(0.3)) return typed(type)`(${leaf} + ${drawLeaf(draw, scope, type, true)})`
  if (random.chance(0.15)) {
    return typed(
      type,
    )`CASE WHEN ${drawCondition(draw, scope, 1)} THEN ${leaf} ELSE ${type === 'numeric' ? '0.0' : `0::${type}`} END`
  }
  return leaf
}

/** Draws an aggregate call. */
export function drawAggregate(draw: Draw, scope: Scope, isWindow = false): ScopeColumn {
  const { random } = draw
  const filter = random.chance(0.2)
    ? guard(' FILTER (WHERE ', drawCondition(draw, scope, 1), ')')
    : ''
  const distinct = !isWindow && random.chance(0.2)
  const each = distinct ? 'DISTINCT ' : ''
  const column = (type: ValueType, call: SqlNode, small = false): ScopeColumn => ({
    sql: typed(type)`${call}${filter}`,
    type,
    small,
    plain: type !== 'numeric',
  })
  const rare = isWindow || random.chance(0.7) ? undefined : drawRareAggregate(draw, scope)
  if (rare !== undefined) return { ...rare, sql: typed(rare.type)`${rare.sql}${filter}` }
  switch (random.whole(0, 9)) {
    case 0:
    case 1:
      return column('int8', sql`count(*)`, true)
    case 2: {
      const type = drawType(draw, scope, [...ORDERED_TYPES, 'uuid', 'bool'])
      const value = drawExpression(draw, scope, type, 1)
      return column('int8', sql`count(${each}${inPlainForm(value, type)})`, true)
    }
    case 3:
    case 4: {
      const type = drawType(draw, scope, SUMMABLE)
      const value = summand(draw, scope, type)
      const argument = distinct ? inPlainForm(value, type) : value
      return column(SUM_TYPES[type] ?? type, sql`sum(${each}${argument})`)
    }
    case 5: {
      const type = drawType(draw, scope, SUMMABLE)
      const result = type === 'float8' ? 'float8' : 'numeric'
      const value = summand(draw, scope, type)
      const argument = distinct ? inPlainForm(value, type) : value
      return column(result, sql`avg(${each}${argument})`)
    }
    case 6: {
      const name = random.pick(['bool_and', 'bool_or', 'every'])
      return column('bool', sql`${name}(${drawCondition(draw, scope, 1)})`)
    }
    case 7: {
      if (isWindow) return column('int8', sql`count(*)`, true)
      const value = drawExpression(draw, scope, 'text', 1)
      return column('text', sql`string_agg(${each}${value}, ',' ORDER BY ${value})`)
    }
    case 8: {
      const name = random.pick(['stddev', 'variance', 'var_pop', 'stddev_samp'])
      const type = drawType(draw, scope, ['int4', 'int8', 'numeric'])
      return column('numeric', sql`${name}(${summand(draw, scope, type)})`)
    }
    default: {
      const type = drawType(draw, scope, ORDERED_TYPES)
      const value = inPlainForm(drawExpression(draw, scope, type, 1), type)
      return column(type, sql`${random.pick(['min', 'max'])}(${value})`)
    }
  }
}

/** Draws aggregates that collect in order, ordered-set and hypothetical-set aggregates, statistics. */
function drawRareAggregate(draw: Draw, scope: Scope): ScopeColumn {
  const { random } = draw
  const column = (type: ValueType, call: SqlNode, plain = true): ScopeColumn => ({
    ...{ sql: typed(type)`${call}`, type, small: false, plain },
  })
  const value = (type: ValueType): SqlNode => drawExpression(draw, scope, type, 1)
  const direction = random.pick(['', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST'])
  switch (random.whole(0, 12)) {
    case 0: {
      const [array, element] = random.pick([
        ...([['int4[]', 'int4'], ['text[]', 'text']] as const), // prettier-ignore
      ])
      const one = value(element)
      const each = random.chance(0.3) ? 'DISTINCT ' : ''
      return column(array, sql`array_agg(${each}${one} ORDER BY ${one}${direction})`)
    }
    case 1: {
      const type = drawType(draw, scope, [
        ...(['int4', 'text', 'numeric', 'date', 'bool', 'timestamp'] as const),
        ...(draw.rare ? (['timestamptz'] as const) : []),
      ])
      const one = inPlainForm(value(type), type)
      const name = random.pick(['json', 'jsonb'] as const)
      return column(name, sql`${name}_agg(${one} ORDER BY ${one}${direction})`, false)
    }
    case 2: {
      const one = value('text')
      const key = value('int4')
      return column('text', sql`string_agg(${one}, ${random.pick(["', '", "''"])} ORDER BY ${key}${direction}, ${one})`) // prettier-ignore
    }
    case 3: {
      const type = random.pick(['int4', 'numeric', 'float8'] as const)
      const argument = type === 'float8' ? drawLeaf(draw, scope, type, true) : sql`(${drawLeaf(draw, scope, type, true)})::float8` // prettier-ignore
      const share = random.pick(['0', '0.25', '0.5', '0.9', '1'])
      return column('float8', sql`percentile_cont(${share}) WITHIN GROUP (ORDER BY ${argument}${direction})`, false) // prettier-ignore
    }
    case 4: {
      const type = drawType(draw, scope, ORDERED_TYPES)
      const argument = inPlainForm(value(type), type)
      const share = random.pick(['0', '0.25', '0.5', '0.9', '1'])
      return column(type, sql`percentile_disc(${share}) WITHIN GROUP (ORDER BY ${argument}${direction})`) // prettier-ignore
    }
    case 5: {
      const type = drawType(draw, scope, ORDERED_TYPES)
      return column(type, sql`mode() WITHIN GROUP (ORDER BY ${inPlainForm(value(type), type)}${direction})`) // prettier-ignore
    }
    case 6: {
      const type = drawType(draw, scope, ['int4', 'text', 'numeric', 'date'])
      const of = random.pick(['rank', 'dense_rank'])
      return column('int8', sql`${of}(${drawConstant(draw, type, true)}) WITHIN GROUP (ORDER BY ${value(type)}${direction})`) // prettier-ignore
    }
    case 7: {
      const type = drawType(draw, scope, ['int4', 'text', 'date'])
      const of = random.pick(['percent_rank', 'cume_dist'])
      return column('float8', sql`${of}(${drawConstant(draw, type, true)}) WITHIN GROUP (ORDER BY ${value(type)}${direction})`) // prettier-ignore
    }
    case 8: {
      const name = random.pick(['corr', 'covar_pop', 'covar_samp', 'regr_slope', 'regr_avgx', 'regr_r2', 'regr_intercept']) // prettier-ignore
      const y = sql`(${drawLeaf(draw, scope, random.pick(['int4', 'int2'] as const), true)})::float8`
      const x = sql`(${drawLeaf(draw, scope, random.pick(['int4', 'int2'] as const), true)})::float8`
      return column('numeric', sql`round(${name}(${y}, ${x})::numeric, 5)`)
    }
    case 9: {
      const type = random.pick(['int2', 'int4', 'int8'] as const)
      return column(type, sql`${random.pick(['bit_and', 'bit_or', 'bit_xor'])}(${value(type)})`)
    }
    case 10:
      return column('interval', sql`${random.pick(['sum', 'min', 'max'])}(${inPlainForm(drawLeaf(draw, scope, 'interval'), 'interval')})`) // prettier-ignore
    case 11: {
      const key = value('text')
      const one = value('int4')
      return column('jsonb', sql`jsonb_object_agg(coalesce(${key}, ''), ${one} ORDER BY ${key}, ${one})`) // prettier-ignore
    }
    default: {
      const x = drawLeaf(draw, scope, 'int4', true)
      return column('int8', sql`regr_count((${x})::float8, (${drawLeaf(draw, scope, 'int4', true)})::float8)`) // prettier-ignore
    }
  }
}

/** Draws a frame clause for a window whose order is total. */
function drawFrame(draw: Draw, offsets: readonly string[], units: readonly string[]): string {
  const { random } = draw
  const offset = (): string => random.pick(offsets)
  const bounds = (): readonly [string, number][] => [
    ['UNBOUNDED PRECEDING', 0],
    [`${offset()} PRECEDING`, 1],
    ['CURRENT ROW', 2],
    [`${offset()} FOLLOWING`, 3],
    ['UNBOUNDED FOLLOWING', 4],
  ]
  const [start, low] = random.pick(bounds().slice(0, 4))
  const ends = bounds().filter(([, place]) => place >= Math.max(low, 1))
  const [end] = random.pick(ends)
  const exclude = random.pick(['', '', '', ' EXCLUDE CURRENT ROW', ' EXCLUDE TIES', ' EXCLUDE GROUP', ' EXCLUDE NO OTHERS']) // prettier-ignore
  if (low <= 2 && random.chance(0.2)) return ` ${random.pick(units)} ${start}${exclude}`
  return ` ${random.pick(units)} BETWEEN ${start} AND ${end}${exclude}`
}

/** What RANGE can be offset by, for the types that sort so. */
const RANGE_OFFSETS: Partial<Record<ValueType, readonly string[]>> = {
  int2: ['1', '2'],
  int4: ['1', '10'],
  int8: ['5', '100'],
  numeric: ['0.5', '100'],
  float8: ['0.25', '2'],
  date: ["interval '1 day'", "interval '3 months'"],
  timestamp: ["interval '12 hours'", "interval '1 month'"],
  timestamptz: ["interval '1 day'", "interval '90 minutes'"],
  time: ["interval '1 hour'"],
  interval: ["interval '1 day'"],
}

const RARELY_RANGED: ReadonlySet<ValueType> = new Set<ValueType>(['time', 'interval'])

/**
 * Draws a window call. One whose results tell equal rows apart (`mayNumber`) may stand beside another value of the row, but not beside
 * a second such: which number goes with which is anybody's choice.
 */
export function drawWindowCall(draw: Draw, scope: Scope, mayNumber = true): ScopeColumn {
  const { random } = draw
  const sortable = scope.filter((c) => c.type !== 'json')
  if (sortable.length === 0) return drawAggregate(draw, scope)
  const partition = random.chance(0.6) ? sql`PARTITION BY ${random.pick(sortable).sql} ` : ''
  const direction = (): string =>
    random.pick(['', '', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST', ' DESC NULLS FIRST'])
  const key = random.pick(sortable)
  const someOrder = sql`ORDER BY ${key.sql}${direction()}`
  // Rows that are equal in every column cannot be told apart.
  const total = scope.reduce<SqlNode>(
    (all, c) => (c === key ? all : sql`${all}, ${orderForm(c)}`),
    sql`${someOrder}, ${orderForm(key)}`,
  )
  const isTotal = mayNumber && scope.length <= 14
  const column = (type: ValueType, call: SqlNode, over: SqlNode, frame = ''): ScopeColumn => ({
    sql: typed(type)`${call} OVER (${partition}${over}${frame})`,
    type,
    small: type === 'int8',
    plain: type !== 'numeric',
  })
  const ranged = sortable.filter(
    (c) =>
      RANGE_OFFSETS[c.type] !== undefined && c.small && (draw.rare || !RARELY_RANGED.has(c.type)),
  )
  if (ranged.length > 0 && random.chance(0.2)) {
    const by = random.pick(ranged)
    const aggregate = drawAggregate(draw, scope, true)
    const frame = drawFrame(draw, RANGE_OFFSETS[by.type] ?? [], ['RANGE'])
    return column(
      aggregate.type,
      sql`${aggregate.sql}`,
      sql`ORDER BY ${by.sql}${direction()}`,
      frame,
    )
  }
  switch (random.whole(0, isTotal ? 8 : 2)) {
    case 0:
      return column('int8', sql`${random.pick(['rank', 'dense_rank'])}()`, someOrder)
    case 1: {
      const aggregate = drawAggregate(draw, scope, true)
      return column(aggregate.type, sql`${aggregate.sql}`, random.chance(0.5) ? someOrder : sql``)
    }
    case 2:
      return column('float8', sql`${random.pick(['percent_rank', 'cume_dist'])}()`, someOrder)
    case 3:
      return column('int8', sql`row_number()`, total)
    case 4:
      return column('int4', sql`ntile(${String(random.whole(1, 5))})`, total)
    case 5: {
      const value = random.pick(scope)
      const call = random.pick([
        ...[sql`lag(${value.sql})`, sql`lead(${value.sql}, 2)`, sql`first_value(${value.sql})`],
        ...[sql`last_value(${value.sql})`, sql`nth_value(${value.sql}, 2)`],
        ...[
          sql`lag(${value.sql}, ${String(random.whole(0, 3))}, ${value.sql})`,
          sql`lead(${value.sql}, -1)`,
        ],
      ])
      const frame = random.chance(0.5) ? drawFrame(draw, ['0', '1', '3'], ['ROWS', 'GROUPS']) : ''
      return { ...column(value.type, call, total, frame), small: value.small, plain: value.plain }
    }
    default: {
      const aggregate = drawAggregate(draw, scope, true)
      const frame = drawFrame(draw, ['0', '1', '2', '5'], ['ROWS', 'ROWS', 'GROUPS'])
      return column(aggregate.type, sql`${aggregate.sql}`, total, frame)
    }
  }
}

/** Types of which equal values can look different. */
const MAY_LOOK_DIFFERENT: ReadonlySet<ValueType> = new Set<ValueType>([
  ...(['numeric', 'float8', 'float4', 'interval', 'bpchar', 'jsonb'] as const),
])

/** How a column sorts so that values that look different never tie. */
export function orderForm(column: ScopeColumn): SqlNode {
  if (column.type === 'json') return sql`(${column.sql})::text`
  const mayTie = !column.plain && MAY_LOOK_DIFFERENT.has(column.type)
  return mayTie ? sql`${column.sql}, ${column.sql}::text` : sql`${column.sql}`
}
