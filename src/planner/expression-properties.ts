/** Questions the rewrite rules ask about expressions. All answers err on the safe side. */
import type {
  CallExpression,
  ColumnId,
  Expression,
  FunctionReference,
} from '../expressions/expression.js'
import { argumentsOf, hasSubquery, somePart } from './expression-traversal.js'
import type { LogicalPlan } from './logical-plan.js'
import { expressionsOf, logicalInputsOf } from './plan-traversal.js'
import { columnsUsedBy } from './used-columns.js'

const volatileMemo = new WeakMap<Expression, boolean>()

/** Tells whether evaluating an expression twice, or at another time, may be seen: such an expression stays where it is. */
export function isVolatile(expression: Expression): boolean {
  if (expression.kind === 'column' || expression.kind === 'constant') return false
  let known = volatileMemo.get(expression)
  if (known === undefined) {
    known = somePart(expression, (part) => {
      if (part.kind === 'subquery') return isVolatilePlan(part.plan)
      return functionsOf(part).some((f) => f.volatility === 'volatile')
    })
    volatileMemo.set(expression, known)
  }
  return known
}

const volatilePlanMemo = new WeakMap<LogicalPlan, boolean>()

/** Tells whether a plan contains a volatile expression, or runs text that nobody has looked into. */
export function isVolatilePlan(plan: LogicalPlan): boolean {
  let known = volatilePlanMemo.get(plan)
  if (known === undefined) {
    known =
      plan.kind === 'opaque-query' ||
      expressionsOf(plan).some(isVolatile) ||
      logicalInputsOf(plan).some(isVolatilePlan)
    volatilePlanMemo.set(plan, known)
  }
  return known
}

/** PostgreSQL calls these immutable, but their fields are those of the session's time zone. */
export const IMMUTABLE_IN_NAME_ALONE: ReadonlySet<string> = new Set([
  'age(timestamptz,timestamptz)',
])

function functionsOf(part: Expression): readonly FunctionReference[] {
  switch (part.kind) {
    case 'call':
    case 'array-comparison':
      return [part.function]
    case 'row-comparison':
      return part.functions
    default:
      return []
  }
}

/** Tells whether an expression uses columns of a set, and only those. */
export function usesOnly(expression: Expression, ids: ReadonlySet<ColumnId>): boolean {
  for (const id of columnsUsedBy(expression)) if (!ids.has(id)) return false
  return true
}

/** Tells whether an expression uses any column of a set. */
export function usesAny(expression: Expression, ids: ReadonlySet<ColumnId>): boolean {
  for (const id of columnsUsedBy(expression)) if (ids.has(id)) return true
  return false
}

/** Tells whether an expression is the same for every row: constants and parameters under immutable and stable calls. */
export function isRowIndependent(expression: Expression): boolean {
  return !isVolatile(expression) && !hasSubquery(expression) && columnsUsedBy(expression).size === 0
}

/** Equality operators that are what hashing, grouping and DISTINCT use for the type. */
const SAME_TYPE_EQUALITIES = new Set([
  'booleq', 'chareq', 'nameeq', 'int2eq', 'int4eq', 'int8eq', 'oideq', 'float4eq', 'float8eq',
  'numeric_eq', 'texteq', 'bpchareq', 'byteaeq', 'date_eq', 'time_eq', 'timetz_eq', 'timestamp_eq',
  'timestamptz_eq', 'interval_eq', 'uuid_eq', 'jsonb_eq', 'array_eq', 'enum_eq', 'cash_eq', 'biteq',
  'varbiteq', 'network_eq', 'macaddr_eq', 'record_eq', 'range_eq',
]) // prettier-ignore

const CROSS_TYPE_EQUALITIES = new Set([
  'int24eq', 'int42eq', 'int28eq', 'int82eq', 'int48eq', 'int84eq', 'float48eq', 'float84eq',
]) // prettier-ignore

/** Tells whether a function is the equality of its one argument type, or of two number types. */
export function isEqualityFunction(reference: FunctionReference, crossType = true): boolean {
  if (reference.schema !== 'pg_catalog') return false
  if (SAME_TYPE_EQUALITIES.has(reference.name)) return true
  return crossType && CROSS_TYPE_EQUALITIES.has(reference.name)
}

/** An equality between two expressions: what a join key, or a group that stands for an outer value, is made of. */
export function asEquality(
  expression: Expression,
): (CallExpression & { readonly arguments: readonly [Expression, Expression] }) | undefined {
  if (expression.kind !== 'call' || expression.arguments.length !== 2) return undefined
  if (!isEqualityFunction(expression.function)) return undefined
  return expression as CallExpression & { readonly arguments: readonly [Expression, Expression] }
}

/** Tells whether an expression is NULL whenever all columns of a set are NULL. */
export function isNullWhenNull(expression: Expression, ids: ReadonlySet<ColumnId>): boolean {
  switch (expression.kind) {
    case 'column':
      return ids.has(expression.id)
    case 'constant':
      return expression.value === null
    case 'call':
      return (
        expression.function.strict &&
        expression.arguments.some((argument) => isNullWhenNull(argument, ids))
      )
    case 'relabel':
    case 'io-cast':
    case 'array-cast':
    case 'not':
      return isNullWhenNull(expression.argument, ids)
    case 'array-comparison':
      // x = ANY('{}') is false, x <> ALL('{}') true: only where the list cannot be empty.
      return (
        expression.function.strict &&
        isNullWhenNull(expression.left, ids) &&
        expression.right.kind === 'array' &&
        expression.right.elements.length > 0
      )
    case 'coalesce':
    case 'and':
    case 'or':
      return expression.arguments.every((argument) => isNullWhenNull(argument, ids))
    default:
      return false
  }
}

/** Tells whether a condition cannot be true when all columns of a set are NULL. */
export function rejectsNulls(condition: Expression, ids: ReadonlySet<ColumnId>): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.arguments.some((argument) => rejectsNulls(argument, ids))
    case 'or':
      return condition.arguments.every((argument) => rejectsNulls(argument, ids))
    case 'is-null':
      return condition.negated && isNullWhenNull(condition.argument, ids)
    case 'boolean-test':
      return (
        ((condition.test === 'true' || condition.test === 'false') &&
          isNullWhenNull(condition.argument, ids)) ||
        (condition.test === 'true' && rejectsNulls(condition.argument, ids)) ||
        (condition.test === 'not-unknown' && isNullWhenNull(condition.argument, ids))
      )
    case 'constant':
      return condition.value !== 't'
    case 'array-comparison':
      return (
        condition.quantifier === 'any' &&
        condition.function.strict &&
        isNullWhenNull(condition.left, ids)
      )
    default:
      return isNullWhenNull(condition, ids)
  }
}

/** Tells whether an expression costs next to nothing, so that computing it twice does not matter. */
export function isTrivial(expression: Expression): boolean {
  switch (expression.kind) {
    case 'column':
    case 'constant':
    case 'parameter':
      return true
    case 'relabel':
      return isTrivial(expression.argument)
    default:
      return false
  }
}

/** Counts how often each column is used by expressions, subqueries once each. */
export function countUses(expressions: readonly Expression[]): Map<ColumnId, number> {
  const counts = new Map<ColumnId, number>()
  const add = (id: ColumnId) => counts.set(id, (counts.get(id) ?? 0) + 1)
  const walk = (expression: Expression) => {
    if (expression.kind === 'column') add(expression.id)
    if (expression.kind === 'subquery') for (const id of columnsUsedBy(expression)) add(id)
    else for (const argument of argumentsOf(expression)) walk(argument)
  }
  for (const expression of expressions) walk(expression)
  return counts
}
