/** Where the columns of a fragment are at a point of its pipeline. */
import type { ColumnId, Expression } from '../../expressions/expression.js'
import type { BsonKind } from './bson-kinds.js'
import type { Json } from './json.js'
import type { MatchTarget } from './match-tests.js'
import type { Operand } from './operand.js'
import type { Bound } from './placeholder.js'

/** One column: what can be computed with it, and how it is handed to the reader. */
export interface Binding {
  /** Absent where nothing can be computed with it: `refusal` says why. */
  readonly operand?: Operand
  readonly refusal?: string
  /** Present where it can be matched as a field. */
  readonly target?: MatchTarget
  /** Tests of NULL where there is no operand. */
  readonly nullTarget?: MatchTarget
  /** A value of a wrong type counts as NULL. */
  readonly straysAreNull: boolean
  /** What the final projection holds. */
  readonly output: Output
  /** The column has an index of its own at the source. */
  readonly isIndexed?: boolean
}

export type Output =
  | { readonly kind: 'value'; readonly value: Json; readonly reading: Reading }
  /** A mean, divided by the reader as PostgreSQL divides. */
  | {
      readonly kind: 'average'
      readonly sum: Json
      readonly count: Json
      readonly scale: number
    }

/** How the reader takes a value. */
export interface Reading {
  /** undefined: every kind. */
  readonly kinds: readonly BsonKind[] | undefined
  readonly onTypeError: 'null' | 'fail' | 'json'
  readonly label: string
  /** Digits behind the point of a numeric whose type does not say. */
  readonly scale?: number
}

export interface Scope {
  /** Finds a column's binding. */
  binding(id: ColumnId, expression: Expression): Binding
  /** Registers an expression whose value the run supplies. */
  bound(expression: Expression): Bound
}
