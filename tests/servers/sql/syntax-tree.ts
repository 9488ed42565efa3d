/** The syntax tree of the SQL that the test servers of BigQuery and Snowflake accept: a SELECT and nothing else. */

export interface Query {
  readonly body: Body
  readonly orderBy: readonly OrderItem[]
  readonly limit?: Expr | undefined
  readonly offset?: Expr | undefined
}

export type Body = Select | SetOperation | { readonly kind: 'nested'; readonly query: Query }

export interface SetOperation {
  readonly kind: 'set'
  readonly operation: 'union' | 'intersect' | 'except'
  /** As written: the products disagree on what may be left out. */
  readonly modifier: 'all' | 'distinct' | undefined
  readonly left: Body
  readonly right: Body
}

export interface Select {
  readonly kind: 'select'
  readonly distinct: boolean
  readonly items: readonly SelectItem[]
  readonly from?: FromItem | undefined
  readonly where?: Expr | undefined
  readonly groupBy: readonly Expr[]
  readonly having?: Expr | undefined
}

export type SelectItem =
  | { readonly kind: 'star'; readonly of?: string }
  | { readonly kind: 'item'; readonly expression: Expr; readonly alias?: string }

export interface OrderItem {
  readonly expression: Expr
  readonly descending: boolean
  readonly nulls?: 'first' | 'last' | undefined
}

export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'cross'

export type FromItem =
  | {
      readonly kind: 'table'
      readonly path: readonly string[]
      readonly alias?: string
      readonly at: number
    }
  | { readonly kind: 'derived'; readonly query: Query; readonly alias?: string }
  | {
      readonly kind: 'unnest'
      readonly array: Expr
      readonly alias?: string
      readonly offset?: string
    }
  | {
      readonly kind: 'flatten'
      readonly input: Expr
      readonly outer: boolean
      readonly alias?: string
    }
  | {
      readonly kind: 'join'
      readonly type: JoinType
      readonly left: FromItem
      readonly right: FromItem
      readonly on?: Expr | undefined
    }

export interface TypeName {
  /** In upper case: INT64, NUMBER, ARRAY. */
  readonly name: string
  readonly numbers: readonly number[]
  readonly element?: TypeName
}

export type Expr =
  | { readonly kind: 'null'; readonly at: number }
  | { readonly kind: 'bool'; readonly value: boolean; readonly at: number }
  | { readonly kind: 'number'; readonly text: string; readonly at: number }
  | { readonly kind: 'string'; readonly value: string; readonly at: number }
  /** DATE '2020-01-01' */
  | { readonly kind: 'typed'; readonly type: string; readonly value: string; readonly at: number }
  | { readonly kind: 'parameter'; readonly name: string; readonly at: number }
  | { readonly kind: 'name'; readonly path: readonly string[]; readonly at: number }
  | { readonly kind: 'field'; readonly of: Expr; readonly name: string; readonly at: number }
  | { readonly kind: 'element'; readonly of: Expr; readonly index: Expr; readonly at: number }
  | {
      readonly kind: 'call'
      readonly name: string
      readonly arguments: readonly Expr[]
      readonly distinct: boolean
      readonly star: boolean
      readonly at: number
    }
  | {
      readonly kind: 'unary'
      readonly operator: '-' | 'not'
      readonly operand: Expr
      readonly at: number
    }
  | {
      readonly kind: 'binary'
      readonly operator: string
      readonly left: Expr
      readonly right: Expr
      readonly at: number
    }
  | {
      readonly kind: 'is'
      readonly operand: Expr
      readonly test: 'null' | 'true' | 'false'
      readonly negated: boolean
      readonly at: number
    }
  | {
      readonly kind: 'distinct-from'
      readonly left: Expr
      readonly right: Expr
      readonly negated: boolean
      readonly at: number
    }
  | {
      readonly kind: 'in'
      readonly operand: Expr
      readonly list: readonly Expr[] | Query | { readonly unnest: Expr }
      readonly negated: boolean
      readonly at: number
    }
  | {
      readonly kind: 'like'
      readonly operand: Expr
      readonly pattern: Expr
      readonly escape?: Expr
      readonly negated: boolean
      readonly at: number
    }
  | { readonly kind: 'cast'; readonly operand: Expr; readonly type: TypeName; readonly at: number }
  | { readonly kind: 'extract'; readonly part: string; readonly operand: Expr; readonly at: number }
  | {
      readonly kind: 'case'
      readonly branches: readonly { readonly when: Expr; readonly then: Expr }[]
      readonly otherwise?: Expr | undefined
      readonly at: number
    }
  | { readonly kind: 'exists'; readonly query: Query; readonly at: number }
  | { readonly kind: 'scalar'; readonly query: Query; readonly at: number }
