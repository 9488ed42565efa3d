/**
 * Typed scalar expressions, as PostgreSQL's analyzer resolved them: overloads chosen, implicit casts inserted.
 * Plain data, structured-cloneable, never mutated.
 */
import type { Datum, SqlType } from '../types/sql-type.js'
import type { LogicalPlan } from '../planner/logical-plan.js'

/** A column's identity, unique within one statement. Names are display only. */
export type ColumnId = number

export interface Column {
  readonly id: ColumnId
  readonly name: string
  readonly type: SqlType
}

/** The pg_proc entry behind a call. */
export interface FunctionReference {
  readonly oid: number
  /** pg_proc.proname, e.g. `int4pl`, `lower`. */
  readonly name: string
  /**
   * Name and declared argument types by pg_type.typname: `int4pl(int4,int4)`, `lower(text)`, `array_length(anyarray,int4)`.
   * The key of kernels and of dialects' function tables.
   */
  readonly signature: string
  /** pg_catalog, or the schema of a user's function. */
  readonly schema: string
  readonly volatility: 'immutable' | 'stable' | 'volatile'
  /** NULL in, NULL out, and then not called. */
  readonly strict: boolean
  /** Present where it returns a set. */
  readonly returnsSet?: boolean
}

/** Which collation a comparison uses. `binary` (the catalog's default, C) or a named PostgreSQL collation from an explicit COLLATE. */
export type Collation = 'binary' | (string & {})

export type Expression =
  | ColumnExpression
  | ConstantExpression
  | ParameterExpression
  | CallExpression
  | LogicalExpression
  | NotExpression
  | IsNullExpression
  | BooleanTestExpression
  | DistinctExpression
  | NullIfExpression
  | CoalesceExpression
  | MinMaxExpression
  | CaseExpression
  | ArrayComparisonExpression
  | ArrayExpression
  | RelabelExpression
  | IoCastExpression
  | ArrayCastExpression
  | SqlValueExpression
  | RowExpression
  | RowComparisonExpression
  | SubscriptExpression
  | SubqueryExpression

/** A column of the input, or, inside a subquery or lateral side, of an enclosing query (an id its own inputs do not produce). */
export interface ColumnExpression {
  readonly kind: 'column'
  readonly id: ColumnId
  readonly name: string
  readonly type: SqlType
}

export interface ConstantExpression {
  readonly kind: 'constant'
  readonly value: Datum
  readonly type: SqlType
}

/** $n, 1-based. Its value is known at execution (`ExecutionContext.parameters[index - 1]`). */
export interface ParameterExpression {
  readonly kind: 'parameter'
  readonly index: number
  readonly type: SqlType
  /** Of a value that the statement itself computes first: what it probably is, for estimates alone. */
  readonly likely?: string
}

/** A function call or operator. */
export interface CallExpression {
  readonly kind: 'call'
  readonly function: FunctionReference
  readonly arguments: readonly Expression[]
  readonly type: SqlType
  readonly collation: Collation
  /** How it was written: `operator` prints as `a + b`, `cast` as `a::t`, `function` as `f(a)`. */
  readonly form: 'function' | 'operator' | 'cast' | 'implicit-cast'
  /** The operator's symbol when form is `operator`. */
  readonly operator?: string
  /** The last argument is an array passed by VARIADIC. */
  readonly variadic?: boolean
}

export interface LogicalExpression {
  readonly kind: 'and' | 'or'
  readonly arguments: readonly Expression[]
  readonly type: SqlType
}

export interface NotExpression {
  readonly kind: 'not'
  readonly argument: Expression
  readonly type: SqlType
}

/** IS [NOT] NULL. */
export interface IsNullExpression {
  readonly kind: 'is-null'
  readonly argument: Expression
  readonly negated: boolean
  readonly type: SqlType
}

/** IS [NOT] TRUE | FALSE | UNKNOWN. */
export interface BooleanTestExpression {
  readonly kind: 'boolean-test'
  readonly argument: Expression
  readonly test: 'true' | 'not-true' | 'false' | 'not-false' | 'unknown' | 'not-unknown'
  readonly type: SqlType
}

/** a IS DISTINCT FROM b; `equality` is the operator's function. Wrapped in `not` for IS NOT DISTINCT FROM. */
export interface DistinctExpression {
  readonly kind: 'distinct'
  readonly equality: FunctionReference
  readonly arguments: readonly [Expression, Expression]
  readonly collation: Collation
  readonly type: SqlType
}

export interface NullIfExpression {
  readonly kind: 'null-if'
  readonly equality: FunctionReference
  readonly arguments: readonly [Expression, Expression]
  readonly collation: Collation
  readonly type: SqlType
}

export interface CoalesceExpression {
  readonly kind: 'coalesce'
  readonly arguments: readonly Expression[]
  readonly type: SqlType
}

/** GREATEST / LEAST. */
export interface MinMaxExpression {
  readonly kind: 'min-max'
  readonly operation: 'greatest' | 'least'
  readonly arguments: readonly Expression[]
  readonly collation: Collation
  readonly type: SqlType
}

/** CASE WHEN condition THEN result ... ELSE otherwise END; the simple form is already expanded to conditions. */
export interface CaseExpression {
  readonly kind: 'case'
  readonly branches: readonly { readonly condition: Expression; readonly result: Expression }[]
  readonly otherwise: Expression
  readonly type: SqlType
}

/** left op ANY/ALL (array). IN lists arrive so too, with an `array` or constant array on the right. */
export interface ArrayComparisonExpression {
  readonly kind: 'array-comparison'
  readonly function: FunctionReference
  readonly operator: string
  readonly quantifier: 'any' | 'all'
  readonly left: Expression
  readonly right: Expression
  readonly collation: Collation
  readonly type: SqlType
}

/** ARRAY[...]; `multidimensional` when the elements are arrays themselves. */
export interface ArrayExpression {
  readonly kind: 'array'
  readonly elements: readonly Expression[]
  readonly elementType: SqlType
  readonly multidimensional: boolean
  readonly type: SqlType
}

/** A binary-compatible cast (varchar to text): the bytes stay. */
export interface RelabelExpression {
  readonly kind: 'relabel'
  readonly argument: Expression
  readonly implicit: boolean
  readonly type: SqlType
}

/** A cast through the type's text output and input functions. */
export interface IoCastExpression {
  readonly kind: 'io-cast'
  readonly argument: Expression
  readonly implicit: boolean
  readonly type: SqlType
}

/** A cast applied to each element of an array; `element` casts the column with id `placeholder`. */
export interface ArrayCastExpression {
  readonly kind: 'array-cast'
  readonly argument: Expression
  readonly element: Expression
  readonly placeholder: ColumnId
  readonly type: SqlType
}

/** current_date, current_timestamp(n), localtimestamp, current_user, ... by PostgreSQL's keyword in lower case. */
export interface SqlValueExpression {
  readonly kind: 'sql-value'
  readonly name: string
  readonly type: SqlType
}

/** ROW(...). */
export interface RowExpression {
  readonly kind: 'row'
  readonly fields: readonly Expression[]
  readonly names: readonly string[]
  readonly type: SqlType
}

/** (a, b) < (c, d): lexicographic. `functions` and `operator` are the per-column operators. */
export interface RowComparisonExpression {
  readonly kind: 'row-comparison'
  readonly operator: '<' | '<=' | '>' | '>='
  readonly functions: readonly FunctionReference[]
  readonly left: readonly Expression[]
  readonly right: readonly Expression[]
  readonly collation: Collation
  readonly type: SqlType
}

/** array[i], array[a:b]: also jsonb subscripts. */
export interface SubscriptExpression {
  readonly kind: 'subscript'
  readonly argument: Expression
  readonly upper: readonly (Expression | null)[]
  readonly lower: readonly (Expression | null)[]
  readonly isSlice: boolean
  readonly type: SqlType
}

/**
 * A subquery inside an expression, before decorrelation.
 * exists: EXISTS (plan). scalar: (plan) of one column. array: ARRAY(plan).
 * any/all: `test` compares outer expressions with the plan's output columns (as column expressions), for each row.
 */
export interface SubqueryExpression {
  readonly kind: 'subquery'
  readonly subquery: 'exists' | 'scalar' | 'array' | 'any' | 'all'
  readonly plan: LogicalPlan
  readonly test?: Expression
  readonly type: SqlType
}
