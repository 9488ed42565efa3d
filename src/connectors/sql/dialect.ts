/**
 * What the shared printer must know of one SQL language. A dialect is a plain record of functions and constants;
 * a new one spreads another (`{ ...ansiDialect, quoteIdentifier, ... }`) and replaces what differs.
 */
import type {
  CallExpression,
  Collation,
  ConstantExpression,
  Expression,
  ParameterExpression,
} from '../../expressions/expression.js'
import type {
  AggregateCall,
  ScanNode,
  SetOperationNode,
  SortKey,
  WindowCall,
} from '../../planner/logical-plan.js'
import type { ShippedColumn } from '../../planner/shipped-rows.js'
import type { SqlType } from '../../types/sql-type.js'

export interface Dialect {
  /** Named in errors about what cannot be printed. */
  readonly name: string

  // Names and parameters
  readonly quoteIdentifier: (name: string) => string
  /** Longer names are replaced by generated ones. */
  readonly maximumIdentifierBytes: number
  /** The marker of the parameter at a 1-based position in the text: `$1`, `?`. */
  readonly marker: (position: number) => string
  /** The same parameter may be named twice (`$1 ... $1`). */
  readonly reusableMarkers: boolean

  // Leaves
  /** What a scan reads, and how each of its columns is spelled. */
  readonly scan: (node: ScanNode) => PrintedRelation
  /** Prints a constant: `printer.bind(expression)` to send it as a parameter, or a literal. */
  readonly constant: (expression: ConstantExpression, printer: ExpressionPrinter) => string
  /** Prints a statement parameter, normally `printer.bind(expression)` with whatever cast fixes its type. */
  readonly parameter: (expression: ParameterExpression, printer: ExpressionPrinter) => string
  /** Expressions without columns that the engine computes and sends as one parameter (`now()`). */
  readonly bindsWhole: (expression: Expression) => boolean

  // Types
  readonly typeName: (type: SqlType) => string
  /** Casts printed text; called for casts of every form. */
  readonly cast: (text: string, from: SqlType, to: SqlType) => string
  /**
   * Fixes the collation of an operand. `order`: it is compared by <, sorted, or goes into min/max; `equality`: only
   * equality depends on it; `value`: a function such as upper or LIKE uses it. Returns the text unchanged where nothing is needed.
   */
  readonly collate: (
    text: string,
    type: SqlType,
    collation: Collation,
    use: 'order' | 'equality' | 'value',
  ) => string

  // Expressions
  /** By signature (`lower(text)`, `int4pl(int4,int4)`): functions, operators and casts. Comes before `call`. */
  readonly functions: Readonly<Record<string, CallPrinter>>
  /** Prints a call whose signature is not in `functions`. */
  readonly call: (call: CallExpression, printer: ExpressionPrinter) => string
  /** Replaces the shared printing of whole expression kinds. */
  readonly expressions: ExpressionPrinters

  // Aggregates and windows
  /** By signature. The arguments already carry an emulated FILTER (see `aggregateFilter`). */
  readonly aggregates: Readonly<Record<string, AggregatePrinter>>
  /** Prints an aggregate whose signature is not in `aggregates`, without its FILTER clause. */
  readonly aggregate: AggregatePrinter
  /** `clause`: FILTER (WHERE ...) exists. `case`: the arguments are wrapped in CASE WHEN ... END. */
  readonly aggregateFilter: 'clause' | 'case'
  /** Prints a window function's call, without OVER. Aggregates over windows go to `aggregate`. */
  readonly windowFunction: (
    call: WindowCall,
    argumentTexts: readonly string[],
    printer: ExpressionPrinter,
  ) => string

  // Clauses
  /** One ORDER BY item, or several joined by commas where NULLS FIRST/LAST must be emulated; `text` is collated already. */
  readonly sortKey: (text: string, key: SortKey) => string
  /** What ends a SELECT: ` LIMIT 3 OFFSET 4`. */
  readonly limit: (clause: LimitClause) => string
  /** What stands between the sides of a set operation: `UNION ALL`, `EXCEPT`. */
  readonly setOperator: (operation: SetOperationNode['operation'], all: boolean) => string
  /** The FROM item (without alias) of constant rows of at least one column; each row's items are printed. */
  readonly values: (rows: readonly (readonly string[])[], names: readonly string[]) => string
  /**
   * The FROM item (without alias) of rows of other sources, whose columns get these names. Absent: functions in FROM, as they are.
   */
  readonly shippedRows?: (
    columns: readonly ShippedColumn[],
    names: readonly string[],
    printer: ExpressionPrinter,
  ) => string
  /** `FROM x AS t (a, b)` may name columns; otherwise `values` and others must produce the names themselves. */
  readonly aliasColumns: boolean
  /** What stands for the rows of a SELECT without FROM: '' or ` FROM DUAL`. */
  readonly fromNothing: string
  /** The select list of a block without columns: '' in PostgreSQL, `1` elsewhere. */
  readonly emptySelect: string
  /** The keyword before a derived table that uses columns of its left neighbours. */
  readonly lateral: string
  /** HAVING knows the expressions of GROUP BY again, not only its names and aggregates. */
  readonly groupedInHaving: boolean
  /** CTEs take MATERIALIZED. */
  readonly materializedHint: boolean
  /** SELECT DISTINCT ON exists. */
  readonly distinctOn: boolean
}

/** Prints a call from its printed arguments. */
export type CallPrinter = (
  argumentTexts: readonly string[],
  call: CallExpression,
  printer: ExpressionPrinter,
) => string

/** Prints an aggregate from its printed arguments (of a window aggregate too, with no `orderBy` then). */
export type AggregatePrinter = (
  argumentTexts: readonly string[],
  call: AggregateCall,
  printer: ExpressionPrinter,
) => string

/** Printers of whole expression kinds. */
export type ExpressionPrinters = {
  readonly [K in Expression['kind']]?: (
    expression: Extract<Expression, { readonly kind: K }>,
    printer: ExpressionPrinter,
  ) => string
}

/** Prints expressions in the scope of one SELECT block. */
export interface ExpressionPrinter {
  readonly dialect: Dialect
  /** Prints an expression; the text can stand as any operand. */
  readonly print: (expression: Expression) => string
  /** Makes an expression a bound parameter and returns what stands for its marker. */
  readonly bind: (expression: Expression) => string
  /** Prints an operand with its collation fixed. */
  readonly collated: (
    expression: Expression,
    collation: Collation,
    use: 'order' | 'equality' | 'value',
  ) => string
  /** Prints the items of an ORDER BY. */
  readonly sortKeys: (keys: readonly SortKey[]) => string
}

/** Something that can stand in FROM. */
export interface PrintedRelation {
  /** Without alias: `"core"."customers"`, `(SELECT ...)`. */
  readonly text: string
  /** The names of its columns, unquoted, in the order of columnsOf. */
  readonly columns: readonly string[]
  /** How a column is read, where that is not `alias.name`: casts of foreign types, paths. */
  readonly read?: (alias: string, position: number) => string
}

export interface LimitClause {
  /** Printed; the type is int8, NULL means none. */
  readonly limit?: string
  readonly offset?: string
  readonly withTies: boolean
}
