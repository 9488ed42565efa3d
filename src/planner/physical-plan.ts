/**
 * The physical plan: what the executor runs and EXPLAIN prints. Plain data, structured-cloneable: the planner
 * makes it on the compiler's thread, statements run it on theirs. Expressions refer to columns by id; an operator
 * resolves ids against its inputs' `columns` when it is opened.
 */
import type { Collation, Column, Expression } from '../expressions/expression.js'
import type { LearnableFragment, LearnedFrom } from './estimates/learned-rows.js'
import type { RemoteStatement, RowTransport } from '../connectors/connector.js'
import type { SqlType } from '../types/sql-type.js'
import type { ShipEstimate } from './estimates/cost.js'
import type { SourcePrices } from './estimates/source-prices.js'
import type {
  AggregateCall,
  JoinType,
  ProjectedColumn,
  SortKey,
  WindowCall,
  WindowFrame,
} from './logical-plan.js'

export type PhysicalPlan =
  | RemoteQueryPlan
  | ValuesPlan
  | TableFunctionPlan
  | FilterPlan
  | ProjectPlan
  | ProjectSetPlan
  | HashJoinPlan
  | BindJoinPlan
  | ShipJoinPlan
  | FirstRowsPlan
  | NestedLoopJoinPlan
  | ApplyPlan
  | HashAggregatePlan
  | WindowPlan
  | DistinctOnPlan
  | SortPlan
  | TopNPlan
  | LimitPlan
  | UnionAllPlan
  | SetOperationPlan
  | SharedPlan
  | SharedReferencePlan
  | RecursiveUnionPlan
  | LocalPostgresPlan

interface PlanBase {
  /** Unique in the plan: actual rows and times are reported under it. */
  readonly id: number
  readonly columns: readonly Column[]
  /** undefined: unknown. */
  readonly estimatedRows: number | undefined
  /** The estimate was learned from fragments that ran. */
  readonly learned?: LearnedFrom
  /** What EXPLAIN says below the node: why work was not pushed to a source, what was rechecked. */
  readonly notes?: readonly string[]
}

/** One statement at a source. */
export interface RemoteQueryPlan extends PlanBase {
  readonly kind: 'remote-query'
  /** Whose connection runs it. */
  readonly source: string
  /** Other sources of the same site whose tables it reads. */
  readonly neighbours?: readonly string[]
  /** What asking it costs; absent: the default prices. */
  readonly prices?: SourcePrices
  readonly statement: RemoteStatement
  /** What the count of its rows teaches, where all were asked for. */
  readonly fragment?: LearnableFragment
  /** The same asked only for rows with certain keys: what a bind join above it may choose to run instead. */
  readonly bound?: readonly BoundStatement[]
  /** The same asked only for rows between two keys: for when the keys are too many. */
  readonly ranges?: readonly RangeStatement[]
}

/** A statement that takes keys of bind joins; in it, the keys are array parameters of the bindings' numbers. */
export interface BoundStatement {
  /** One or several bindings; the keys of the first may be spread over several statements. */
  readonly bindings: readonly number[]
  readonly statement: RemoteStatement
  /** Most keys of each binding in one statement. */
  readonly maximumKeys: number
  /** A row belongs to one key exactly, as equality here sees it: keys may be spread over statements. */
  readonly isExact: boolean
}

/** A statement that takes the smallest and the largest key: the parameters `first` and the one after it. */
export interface RangeStatement {
  readonly first: number
  readonly statement: RemoteStatement
}

export interface ValuesPlan extends PlanBase {
  readonly kind: 'values'
  readonly rows: readonly (readonly Expression[])[]
}

export interface TableFunctionPlan extends PlanBase {
  readonly kind: 'table-function'
  readonly functions: readonly { readonly call: Expression; readonly columns: readonly Column[] }[]
  readonly ordinality?: Column
}

export interface FilterPlan extends PlanBase {
  readonly kind: 'filter'
  readonly input: PhysicalPlan
  readonly condition: Expression
}

export interface ProjectPlan extends PlanBase {
  readonly kind: 'project'
  readonly input: PhysicalPlan
  readonly expressions: readonly ProjectedColumn[]
}

export interface ProjectSetPlan extends PlanBase {
  readonly kind: 'project-set'
  readonly input: PhysicalPlan
  readonly expressions: readonly ProjectedColumn[]
}

/** Which equality a key pair uses. NULL keys never match unless `nullSafe` (IS NOT DISTINCT FROM). */
export interface JoinKey {
  readonly left: Expression
  readonly right: Expression
  readonly collation: Collation
  readonly nullSafe: boolean
}

/** Builds a hash table from the `build` side, streams the other past it. */
export interface HashJoinPlan extends PlanBase {
  readonly kind: 'hash-join'
  readonly joinType: JoinType
  readonly left: PhysicalPlan
  readonly right: PhysicalPlan
  readonly build: 'left' | 'right'
  /** At least one; both sides of a key have the same type. */
  readonly keys: readonly JoinKey[]
  /** The rest of the condition, over both sides' columns; part of the match, not a filter after it. */
  readonly residual?: Expression | undefined
  readonly nullAware?: boolean
  readonly atMostOne?: boolean
  readonly mark?: Column
}

/**
 * A hash join that reads the side `keySide` to its end first, and then, when its distinct keys are few, asks the other side's sources
 * only for rows with those keys. The choice is made when the keys are known.
 */
export interface BindJoinPlan extends Omit<HashJoinPlan, 'kind'> {
  readonly kind: 'bind-join'
  readonly keySide: 'left' | 'right'
  readonly bindings: readonly KeyBinding[]
  /** Of the other side, as far as known: rows without keys, and bytes a row. */
  readonly boundRows: number | undefined
  readonly boundWidth: number
  /** Of its sources; absent: the default ones. */
  readonly boundPrices?: SourcePrices
  /** Keys that one statement to them carries; absent: all. */
  readonly keysPerStatement?: number
  /** The key side may well turn out smaller than estimated by this factor: its rows are known badly. */
  readonly doubt?: number
}

/**
 * Reads its sides first. When their rows are few and sending them pays, `shipped` runs: a remote query that has them as parameters, and
 * does at the source all that the node stands for. Otherwise `here` runs, which reads the same rows through shared-references. The
 * choice is made when the rows are known: all sides are sent, or none.
 */
export interface ShipJoinPlan extends PlanBase {
  readonly kind: 'ship-join'
  /** At least one. */
  readonly sides: readonly ShippedSide[]
  readonly transport: RowTransport
  readonly shipped: PhysicalPlan
  readonly here: PhysicalPlan
  readonly estimate: ShipEstimate
}

/** A side of a join whose rows may be sent: as one array parameter per column from `firstParameter` on. */
export interface ShippedSide {
  readonly input: PhysicalPlan
  /** The number under which its rows are read where the join runs here. */
  readonly shared: number
  readonly firstParameter: number
}

/**
 * The first rows of a join, from the first rows of the part of it that decides the order; without an order, from some rows of a part. Each
 * attempt reads so many of these, and `joined` runs over them through a shared-reference to `shared`. When it has found as many rows as are
 * wanted, or the part had no more, they are the answer; else the next attempt is made, and after the last of them `otherwise` runs.
 */
export interface FirstRowsPlan extends PlanBase {
  readonly kind: 'first-rows'
  /** Each reads more rows than the one before. */
  readonly attempts: readonly { readonly rows: number; readonly input: PhysicalPlan }[]
  readonly shared: number
  readonly joined: PhysicalPlan
  /** The node in `joined` whose rows are those of the join, before they are cut off. */
  readonly counted: number
  readonly isOrdered: boolean
  readonly limit: Expression
  readonly offset?: Expression | undefined
  readonly otherwise: PhysicalPlan
  /** Rows of the join for a row of the part, as estimated; at most 1. */
  readonly matching: number
}

/** One list of keys handed from one side of a join to the other. */
export interface KeyBinding {
  /** The number of the array parameter that carries the keys; names the binding in bound statements. */
  readonly binding: number
  /** Over columns of the key side. */
  readonly key: Expression
  /** Type of the elements sent; whole numbers out of its range match nothing. */
  readonly type: SqlType
  /** Different values on the other side, as far as known. */
  readonly boundDistinct: number | undefined
  /** Keys sent at most: with more of them, no source below takes them. */
  readonly most: number
  readonly range?: KeyRangeBinding
}

/** The ends of the keys, as two parameters from `first` on, for a column of the other side that reaches from `low` to `high`. */
export interface KeyRangeBinding {
  readonly first: number
  readonly low: number
  readonly high: number
}

/** Materialises the right side and tests every pair. */
export interface NestedLoopJoinPlan extends PlanBase {
  readonly kind: 'nested-loop-join'
  readonly joinType: JoinType
  readonly left: PhysicalPlan
  readonly right: PhysicalPlan
  readonly condition?: Expression | undefined
  readonly nullAware?: boolean
  readonly atMostOne?: boolean
  readonly mark?: Column
}

/**
 * Runs the right side anew for each (distinct) combination of `outer` values of a left row: what is left of
 * lateral joins and correlated subqueries when no algebra removes them. Inside `right`, the outer columns are parameters
 * numbered from `firstParameter`, in the order of `outer`.
 */
export interface ApplyPlan extends PlanBase {
  readonly kind: 'apply'
  readonly joinType: JoinType
  readonly left: PhysicalPlan
  readonly right: PhysicalPlan
  readonly outer: readonly Column[]
  readonly firstParameter: number
  readonly condition?: Expression | undefined
  readonly nullAware?: boolean
  readonly atMostOne?: boolean
  readonly mark?: Column
  /** inner only: a row that asks for the left side's; asked where that fails by its values, which is no error without one. */
  readonly asking?: PhysicalPlan
}

export interface HashAggregatePlan extends PlanBase {
  readonly kind: 'hash-aggregate'
  readonly input: PhysicalPlan
  readonly groups: readonly ProjectedColumn[]
  readonly aggregates: readonly AggregateCall[]
  readonly groupingSets?: readonly (readonly number[])[] | undefined
  readonly groupingCalls?: readonly {
    readonly column: Column
    readonly groups: readonly number[]
  }[]
}

export interface WindowPlan extends PlanBase {
  readonly kind: 'window'
  readonly input: PhysicalPlan
  readonly partitionBy: readonly Expression[]
  readonly orderBy: readonly SortKey[]
  readonly frame: WindowFrame
  readonly calls: readonly WindowCall[]
}

/** Keeps the first row of each group of equal `on`; the input is sorted. */
export interface DistinctOnPlan extends PlanBase {
  readonly kind: 'distinct-on'
  readonly input: PhysicalPlan
  readonly on: readonly Expression[]
}

export interface SortPlan extends PlanBase {
  readonly kind: 'sort'
  readonly input: PhysicalPlan
  readonly keys: readonly SortKey[]
}

/** Sort and limit in one, keeping limit + offset rows. */
export interface TopNPlan extends PlanBase {
  readonly kind: 'top-n'
  readonly input: PhysicalPlan
  readonly keys: readonly SortKey[]
  readonly limit: Expression
  readonly offset?: Expression | undefined
}

export interface LimitPlan extends PlanBase {
  readonly kind: 'limit'
  readonly input: PhysicalPlan
  readonly limit?: Expression | undefined
  readonly offset?: Expression | undefined
  /** Present for WITH TIES: the keys whose ties are kept. */
  readonly ties?: readonly SortKey[]
}

/** The inputs one after another (they are opened together), columns by position. */
export interface UnionAllPlan extends PlanBase {
  readonly kind: 'union-all'
  readonly inputs: readonly PhysicalPlan[]
}

/** INTERSECT and EXCEPT, with or without ALL. (UNION is union-all under an aggregate.) */
export interface SetOperationPlan extends PlanBase {
  readonly kind: 'set-operation'
  readonly operation: 'intersect' | 'except'
  readonly all: boolean
  readonly left: PhysicalPlan
  readonly right: PhysicalPlan
}

/** Runs `definition` at most once, keeps its rows, and lets `body` read them through shared-reference nodes. */
export interface SharedPlan extends PlanBase {
  readonly kind: 'shared'
  readonly shared: number
  readonly name: string
  /** The common table that it is, by its number in the statement; absent: none that was written. */
  readonly table?: number
  readonly definition: PhysicalPlan
  readonly body: PhysicalPlan
}

export interface SharedReferencePlan extends PlanBase {
  readonly kind: 'shared-reference'
  readonly shared: number
  readonly name: string
}

/** Recursive common table: `step` reads the previous round's rows through a shared-reference to `shared`. */
export interface RecursiveUnionPlan extends PlanBase {
  readonly kind: 'recursive-union'
  readonly shared: number
  readonly base: PhysicalPlan
  readonly step: PhysicalPlan
  readonly all: boolean
}

/**
 * The safety net: loads its inputs into temporary tables of a PostgreSQL in this process and runs `sql` there.
 * `schema` is set where the text names tables with their schema.
 */
export interface LocalPostgresPlan extends PlanBase {
  readonly kind: 'local-postgres'
  readonly inputs: readonly {
    readonly schema?: string
    readonly name: string
    readonly columnNames: readonly string[]
    readonly plan: PhysicalPlan
  }[]
  /** Views over the inputs that `sql` names, in the order they can be created. */
  readonly views?: readonly {
    readonly schema: string
    readonly name: string
    readonly sql: string
  }[]
  /** How unqualified names in `sql` resolve. */
  readonly searchPath?: readonly string[]
  /** Uses $1.. for `parameters`. Its output columns are `columns` by position. */
  readonly sql: string
  /** constants, parameters */
  readonly parameters: readonly Expression[]
  readonly reason: string
}

/** A node's inputs, left to right. */
export function inputsOf(plan: PhysicalPlan): readonly PhysicalPlan[] {
  switch (plan.kind) {
    case 'remote-query':
    case 'values':
    case 'table-function':
    case 'shared-reference':
      return []
    case 'filter':
    case 'project':
    case 'project-set':
    case 'hash-aggregate':
    case 'window':
    case 'distinct-on':
    case 'sort':
    case 'top-n':
    case 'limit':
      return [plan.input]
    case 'hash-join':
    case 'bind-join':
    case 'nested-loop-join':
    case 'set-operation':
      return [plan.left, plan.right]
    case 'apply':
      return [plan.left, plan.right, ...(plan.asking === undefined ? [] : [plan.asking])]
    case 'ship-join':
      return [...plan.sides.map((side) => side.input), plan.shipped, plan.here]
    case 'first-rows':
      return [...plan.attempts.map((attempt) => attempt.input), plan.joined, plan.otherwise]
    case 'union-all':
      return plan.inputs
    case 'shared':
      return [plan.definition, plan.body]
    case 'recursive-union':
      return [plan.base, plan.step]
    case 'local-postgres':
      return plan.inputs.map((input) => input.plan)
  }
}
