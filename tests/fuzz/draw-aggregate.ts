/** Draws calls of aggregates and window functions whose results do not depend on the order of rows. */
import {
  drawCondition,
  drawExpression,
  drawLeaf,
  drawType,
  inPlainForm,
} from './draw-expression.js'
import type { Draw, ScopeColumn, ValueType } from './scope.js'
import { sql, typed, type SqlNode } from './sql-tree.js'

type Scope = readonly ScopeColumn[]

const ORDERED_TYPES: readonly ValueType[] = [
  ...(['int2', 'int4', 'int8', 'numeric', 'text', 'date', 'timestamp', 'timestamptz'] as const),
  ...(['float8', 'time'] as const),
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
  const filter = random.chance(0.2) ? sql` FILTER (WHERE ${drawCondition(draw, scope, 1)})` : ''
  const distinct = !isWindow && random.chance(0.2)
  const each = distinct ? 'DISTINCT ' : ''
  const column = (type: ValueType, call: SqlNode, small = false): ScopeColumn => ({
    sql: typed(type)`${call}${filter}`,
    type,
    small,
    plain: type !== 'numeric',
  })
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

/** Draws a window call. */
export function drawWindowCall(draw: Draw, scope: Scope): ScopeColumn {
  const { random } = draw
  const sortable = scope.filter((c) => c.type !== 'jsonb')
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
  const isTotal = scope.length <= 14
  const column = (type: ValueType, call: SqlNode, over: SqlNode, frame = ''): ScopeColumn => ({
    sql: typed(type)`${call} OVER (${partition}${over}${frame})`,
    type,
    small: type === 'int8',
    plain: type !== 'numeric',
  })
  switch (random.whole(0, isTotal ? 6 : 2)) {
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
      ])
      return { ...column(value.type, call, total), small: value.small, plain: value.plain }
    }
    default: {
      const aggregate = drawAggregate(draw, scope, true)
      const frame = random.pick([
        ...[' ROWS BETWEEN 2 PRECEDING AND CURRENT ROW', ' ROWS UNBOUNDED PRECEDING'],
        ...[
          ' ROWS BETWEEN 1 FOLLOWING AND 3 FOLLOWING',
          ' GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING',
        ],
        ...[' ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW'],
        ' ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES',
      ])
      return column(aggregate.type, sql`${aggregate.sql}`, total, frame)
    }
  }
}

/** How a column sorts so that values that look different never tie. */
export function orderForm(column: ScopeColumn): SqlNode {
  const mayTie = !column.plain && (column.type === 'numeric' || column.type === 'float8')
  return mayTie ? sql`${column.sql}, ${column.sql}::text` : sql`${column.sql}`
}
