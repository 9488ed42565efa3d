/**
 * The logical plan: relational algebra over columns with ids. The analyzer builds it, governance and the rewrite
 * rules turn it into others, the federation step splits it into remote fragments and local operators.
 * Plain data, structured-cloneable, never mutated. An expression inside a node may only use columns its inputs
 * produce, except below a subquery expression or the right side of a lateral join, where outer columns may appear.
 */
import { assertNever } from '../errors.js'
import type {
  Collation,
  Column,
  ColumnId,
  Expression,
  FunctionReference,
} from '../expressions/expression.js'

export type LogicalPlan =
  | ScanNode
  | ValuesNode
  | TableFunctionNode
  | FilterNode
  | ProjectNode
  | ProjectSetNode
  | JoinNode
  | AggregateNode
  | WindowNode
  | DistinctNode
  | DistinctOnNode
  | SortNode
  | LimitNode
  | SetOperationNode
  | WithNode
  | CteReferenceNode
  | RecursiveUnionNode
  | ViewNode
  | OpaqueQueryNode

/** Reads a table of a source. `columns[i]` is the table's column `tableColumns[i]` (its catalog name). */
export interface ScanNode {
  readonly kind: 'scan'
  readonly source: string
  readonly schema: string
  readonly table: string
  readonly columns: readonly Column[]
  readonly tableColumns: readonly string[]
}

/** Constant rows. One row of no columns is what a SELECT without FROM reads. */
export interface ValuesNode {
  readonly kind: 'values'
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Expression[])[]
}

/** Functions in FROM: ROWS FROM (f(), g()) WITH ORDINALITY. Shorter results are padded with NULL. */
export interface TableFunctionNode {
  readonly kind: 'table-function'
  readonly functions: readonly {
    readonly call: Expression
    readonly columns: readonly Column[]
  }[]
  readonly ordinality?: Column
}

/** Keeps the rows for which `condition` is true (not NULL). */
export interface FilterNode {
  readonly kind: 'filter'
  readonly input: LogicalPlan
  readonly condition: Expression
}

export interface ProjectedColumn {
  readonly column: Column
  readonly expression: Expression
}

/** Computes exactly these columns. */
export interface ProjectNode {
  readonly kind: 'project'
  readonly input: LogicalPlan
  readonly expressions: readonly ProjectedColumn[]
}

/** A projection some of whose expressions contain set-returning calls (`select generate_series(1,3), a`). */
export interface ProjectSetNode {
  readonly kind: 'project-set'
  readonly input: LogicalPlan
  readonly expressions: readonly ProjectedColumn[]
}

/**
 * semi/anti: left rows with (without) a match, left columns only. mark: every left row plus the boolean `mark`
 * (three-valued: NULL when no match is true and one is NULL).
 */
export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti' | 'mark'

export interface JoinNode {
  readonly kind: 'join'
  readonly joinType: JoinType
  readonly left: LogicalPlan
  readonly right: LogicalPlan
  /** Absent: true. */
  readonly condition?: Expression | undefined
  /** The right side may use the left side's columns. */
  readonly lateral: boolean
  /** anti only: NOT IN's meaning; a left row passes only if the condition is false for every right row (not NULL). */
  readonly nullAware?: boolean
  /** left only: more than one match is error 21000 (a scalar subquery). */
  readonly atMostOne?: boolean
  /** lateral only: the left side is computed first of our own accord; it may only fail where the right side has rows to compare with it. */
  readonly leftIsSent?: boolean
  /** mark only. */
  readonly mark?: Column
}

export interface SortKey {
  readonly expression: Expression
  readonly descending: boolean
  readonly nullsFirst: boolean
  readonly collation: Collation
}

export interface AggregateCall {
  readonly column: Column
  readonly function: FunctionReference
  readonly arguments: readonly Expression[]
  /** count(*) */
  readonly star: boolean
  readonly distinct: boolean
  readonly filter?: Expression | undefined
  readonly orderBy: readonly SortKey[]
  readonly form: 'normal' | 'ordered-set' | 'hypothetical-set'
  /** Of ordered-set and hypothetical-set aggregates: percentile_cont(directArguments) WITHIN GROUP (ORDER BY orderBy). */
  readonly directArguments: readonly Expression[]
  readonly collation: Collation
}

/** Groups and aggregates. No groups and no grouping sets: one row always. Output: groups, then aggregates, then grouping calls. */
export interface AggregateNode {
  readonly kind: 'aggregate'
  readonly input: LogicalPlan
  readonly groups: readonly ProjectedColumn[]
  readonly aggregates: readonly AggregateCall[]
  /** Each set lists positions in `groups`; the others are NULL in its rows. */
  readonly groupingSets?: readonly (readonly number[])[] | undefined
  /** GROUPING(...) calls: the bitmask over positions in `groups`. */
  readonly groupingCalls?: readonly {
    readonly column: Column
    readonly groups: readonly number[]
  }[]
}

export interface FrameBound {
  readonly kind:
    'unbounded-preceding' | 'preceding' | 'current-row' | 'following' | 'unbounded-following'
  /** Of preceding and following. */
  readonly offset?: Expression
}

export interface WindowFrame {
  readonly mode: 'rows' | 'range' | 'groups'
  readonly start: FrameBound
  readonly end: FrameBound
  readonly exclude: 'no-others' | 'current-row' | 'group' | 'ties'
  /** RANGE with offsets: the in_range support function. */
  readonly inRange?: { readonly start?: FunctionReference; readonly end?: FunctionReference }
}

export interface WindowCall {
  readonly column: Column
  readonly function: FunctionReference
  readonly arguments: readonly Expression[]
  readonly star: boolean
  readonly filter?: Expression | undefined
  /** An ordinary aggregate over the frame, rather than a window function proper. */
  readonly isAggregate: boolean
  readonly collation: Collation
}

/** One window definition and the calls over it; output is the input's columns plus one per call. */
export interface WindowNode {
  readonly kind: 'window'
  readonly input: LogicalPlan
  readonly partitionBy: readonly Expression[]
  readonly orderBy: readonly SortKey[]
  readonly frame: WindowFrame
  readonly calls: readonly WindowCall[]
}

/** Distinct rows over all columns. */
export interface DistinctNode {
  readonly kind: 'distinct'
  readonly input: LogicalPlan
}

/** DISTINCT ON: the first row of each group of equal `on`, in the order of `orderBy` (which starts with the `on` expressions). */
export interface DistinctOnNode {
  readonly kind: 'distinct-on'
  readonly input: LogicalPlan
  readonly on: readonly Expression[]
  readonly orderBy: readonly SortKey[]
}

export interface SortNode {
  readonly kind: 'sort'
  readonly input: LogicalPlan
  readonly keys: readonly SortKey[]
}

export interface LimitNode {
  readonly kind: 'limit'
  readonly input: LogicalPlan
  /** Type int8; NULL means none. */
  readonly limit?: Expression | undefined
  readonly offset?: Expression | undefined
  /** FETCH FIRST ... WITH TIES; the input is a sort then. */
  readonly withTies: boolean
}

/** Column i of the output takes column i of each side. Types are already equal. */
export interface SetOperationNode {
  readonly kind: 'set-operation'
  readonly operation: 'union' | 'intersect' | 'except'
  readonly all: boolean
  readonly left: LogicalPlan
  readonly right: LogicalPlan
  readonly columns: readonly Column[]
}

export interface CommonTable {
  readonly id: number
  readonly name: string
  readonly plan: LogicalPlan
  readonly recursive: boolean
  readonly materialized: 'default' | 'always' | 'never'
  /** Where several references read it: run once, its rows kept, or apart at each of them. Absent: nobody decided, or there is no choice. */
  readonly runs?: 'once' | 'apart'
}

export interface WithNode {
  readonly kind: 'with'
  readonly tables: readonly CommonTable[]
  readonly body: LogicalPlan
}

/** Reads a common table (or, inside a recursive step, the working table). Its columns are new ids, by position. */
export interface CteReferenceNode {
  readonly kind: 'cte-reference'
  readonly cte: number
  readonly name: string
  readonly columns: readonly Column[]
  /** Estimated, of the table it reads. */
  readonly rows?: number
  /** Estimated different values of each column of the table, by position; undefined: unknown. */
  readonly distinct?: readonly (number | undefined)[]
}

/** The plan of a recursive common table: `step` reads the working table through a cte-reference to `cte`. */
export interface RecursiveUnionNode {
  readonly kind: 'recursive-union'
  readonly cte: number
  readonly base: LogicalPlan
  readonly step: LogicalPlan
  readonly all: boolean
  readonly columns: readonly Column[]
}

/** The boundary of a catalog view. Governance reads it and takes it out; columns pass through. */
export interface ViewNode {
  readonly kind: 'view'
  readonly schema: string
  readonly name: string
  readonly input: LogicalPlan
}

/**
 * A whole statement the reader has no algebra for: the SQL text runs in a local PostgreSQL over `tables`, each
 * loaded under its own schema and name. `reason` says what was missing.
 */
export interface OpaqueQueryNode {
  readonly kind: 'opaque-query'
  readonly sql: string
  readonly tables: readonly ScanNode[]
  readonly columns: readonly Column[]
  readonly reason: string
  /** Views that `sql` names, in the order they can be created; their own text qualifies every name. */
  readonly views?: readonly {
    readonly schema: string
    readonly name: string
    readonly sql: string
  }[]
  /** How unqualified names in `sql` resolve. */
  readonly searchPath?: readonly string[]
}

/** Nodes never change: what was found of one holds for good. */
const columnsMemo = new WeakMap<LogicalPlan, readonly Column[]>()

/** The columns a node produces, in order. */
export function columnsOf(node: LogicalPlan): readonly Column[] {
  switch (node.kind) {
    case 'scan':
    case 'values':
    case 'set-operation':
    case 'cte-reference':
    case 'recursive-union':
    case 'opaque-query':
      return node.columns
    case 'with':
      return columnsOf(node.body)
    case 'filter':
    case 'distinct':
    case 'distinct-on':
    case 'sort':
    case 'limit':
    case 'view':
      return columnsOf(node.input)
    case 'table-function':
    case 'project':
    case 'project-set':
    case 'join':
    case 'aggregate':
    case 'window': {
      let known = columnsMemo.get(node)
      if (known === undefined) {
        known = composedColumns(node)
        columnsMemo.set(node, known)
      }
      return known
    }
    default:
      return assertNever(node)
  }
}

type ComposingNode =
  TableFunctionNode | ProjectNode | ProjectSetNode | JoinNode | AggregateNode | WindowNode

function composedColumns(node: ComposingNode): readonly Column[] {
  switch (node.kind) {
    case 'table-function': {
      const columns = node.functions.flatMap((f) => f.columns)
      return node.ordinality ? [...columns, node.ordinality] : columns
    }
    case 'project':
    case 'project-set':
      return node.expressions.map((e) => e.column)
    case 'join':
      if (node.joinType === 'semi' || node.joinType === 'anti') return columnsOf(node.left)
      if (node.joinType === 'mark') return node.mark ? [...columnsOf(node.left), node.mark] : []
      return [...columnsOf(node.left), ...columnsOf(node.right)]
    case 'aggregate':
      return [
        ...node.groups.map((g) => g.column),
        ...node.aggregates.map((a) => a.column),
        ...(node.groupingCalls ?? []).map((g) => g.column),
      ]
    case 'window':
      return [...columnsOf(node.input), ...node.calls.map((c) => c.column)]
    default:
      return assertNever(node)
  }
}

/** By the list of columns, which nodes share. */
const idsMemo = new WeakMap<readonly Column[], ReadonlySet<ColumnId>>()

/** The id set of a node's output. */
export function columnIdsOf(node: LogicalPlan): ReadonlySet<ColumnId> {
  const columns = columnsOf(node)
  let known = idsMemo.get(columns)
  if (known === undefined) {
    known = new Set(columns.map((c) => c.id))
    idsMemo.set(columns, known)
  }
  return known
}
