/** What the shared judge must know of one warehouse's SQL. Everything not listed is refused. */
import type { CallExpression, Expression } from '../../expressions/expression.js'
import type { AggregateCall } from '../../planner/logical-plan.js'
import type { SqlType } from '../../types/sql-type.js'
import type { Judgement } from '../connector.js'
import type { Comparison } from '../sql/comparison-of.js'

export interface WarehouseRules {
  /** As reasons name it. */
  readonly product: string
  /** Types that compare, sort and group as in PostgreSQL. */
  readonly comparable: ReadonlySet<number>
  /** Types that CASE and COALESCE leave as they are. */
  readonly sameLook: ReadonlySet<number>
  /** Element type of the array types that can be sent as a list. */
  readonly elements: Readonly<Record<number, number>>
  /** Why a constant cannot be written there; undefined: it can. */
  readonly whyNotConstant: (value: string, type: SqlType) => string | undefined
  /** Judges a comparison beyond what `comparable` says of its operands. */
  readonly comparison: (
    comparison: Comparison,
    operands: readonly Expression[],
  ) => string | undefined
  /** Judges a call that is no comparison and no LIKE, apart from its arguments: why not, or undefined when it is exact. */
  readonly call: (call: CallExpression) => string | undefined
  /** The arguments of a call that are printed as expressions; the others are part of the function's name. */
  readonly argumentsOf: (call: CallExpression) => readonly Expression[]
  /** Judges an aggregate apart from its arguments. */
  readonly aggregate: (call: AggregateCall) => string | undefined
  /** Casts through text that are exact. */
  readonly ioCast: (from: SqlType, to: SqlType) => boolean
  /** Values of a native type compare there as type `oid` does here. */
  readonly comparesAs: (native: string, oid: number) => boolean
  /** Outer, semi and anti joins need an equality of both sides. */
  readonly outerJoinsNeedEquality: boolean
  /** Set operations other than UNION ALL. */
  readonly setOperations: ReadonlySet<'union' | 'intersect' | 'except'>
}

export const none = (reason: string): Judgement => ({ support: 'none', reason })
