/**
 * The contract between the engine and one kind of source. To add a kind, add a folder `src/connectors/<kind>/`
 * whose `index.ts` exports `const connector: Connector`; a source file with `connector: <kind>` then finds it.
 * No other file changes.
 *
 * A connector has two halves. The planning half (`pushdown`) is pure and does no I/O: it runs on the compiler's
 * thread and must not import the source's SDK. The running half (`open`) runs on statement threads and imports the
 * SDK on first use.
 *
 * How work reaches a source: the planner grows a fragment bottom-up from the scans. It asks `judgeNode` for each
 * node whose inputs are already inside the fragment, and `judgeExpression` for each expression in it; the largest accepted
 * subtree is printed by `print` into one remote statement. What is refused runs in the engine, with the reason shown by EXPLAIN.
 */
import type {
  CommonValue,
  SourceDefinition,
  ServerFacts,
  TableDefinition,
} from '../catalog/catalog.js'
import type { Batch } from '../executor/batch.js'
import type { Column, Expression } from '../expressions/expression.js'
import type { GroupingPrice } from '../planner/estimates/cost.js'
import type { LogicalPlan } from '../planner/logical-plan.js'
import type { SourcePrices } from '../planner/estimates/source-prices.js'
import type { ValueSettings } from '../session/settings/value-settings.js'
import type { Datum } from '../types/sql-type.js'

export interface Connector {
  readonly kind: string
  readonly capabilities: Capabilities
  /** Problems in a source's `connection` block, each with the key at fault; [] when it can be used. No I/O. */
  validate(source: SourceDefinition): readonly { readonly key: string; readonly message: string }[]
  /** What may run there. Called per catalog version and source, without its neighbours to learn its site, then with them. */
  pushdown(source: SourceDefinition): Pushdown
  /** Opens the running half; connections are made on first use, so a source that is down costs nothing here. */
  open(source: SourceDefinition): OpenSource
}

/**
 * What a connector declares beside its judgements. Operators, functions, types and fragments are declared by `Pushdown` alone: the
 * conformance suite reads them off plans, so that they cannot be said twice.
 */
export interface Capabilities {
  /** As people call it: `MySQL and MariaDB`. */
  readonly title: string
  /**
   * How lists of keys reach the source (`column = ANY ($n)`), and how many one statement may carry. Where that is more than 50,000, a join
   * sends so many; else up to 50,000 in several statements.
   */
  readonly keys: { readonly transport: string; readonly maximum: number }
  /** How rows of other sources reach this one, to be joined there; absent: they do not. Which types may be among them, `judgeNode` says. */
  readonly rows?: RowTransport & { readonly transport: string }
  /** What grouping costs there, by `npm run bench:grouping`; absent: nobody measured it. */
  readonly grouping?: GroupingPrice
  /** How a running statement is stopped at the source. */
  readonly cancel: string
  /** What discovery reads for the planner's estimates; the suite proves each, and that there is no other. */
  readonly statistics: readonly Statistic[]
}

/** What one statement may carry of another source's rows. */
export interface RowTransport {
  readonly maximum: number
  /** Characters of a text among them at most; absent: any number. */
  readonly longestText?: number
}

/**
 * What may be known of a table (rows, bytes) and of its columns: different values, share of NULLs, smallest and largest number or
 * date, average width in bytes, common values or a histogram.
 */
export const STATISTICS = [
  ...(['rows', 'bytes', 'distinct', 'null fraction', 'bounds', 'width', 'distribution'] as const),
] as const

export type Statistic = (typeof STATISTICS)[number]

/**
 * How faithfully the source can do a piece of work.
 * exact: it means what PostgreSQL means. superset: for a filter only; it may let through more rows, never fewer, and
 * the engine applies the filter again; nothing that depends on exact rows (limit, aggregate, top-N) is pushed above it.
 * none: not there. `reason` is shown to users: say what stands in the way; `remedy` what would change it, where something would.
 */
export type Judgement =
  | { readonly support: 'exact' }
  | { readonly support: 'superset'; readonly reason: string; readonly remedy?: string }
  | { readonly support: 'none'; readonly reason: string; readonly remedy?: string }

export const EXACT: Judgement = { support: 'exact' }

/** The planning half. Pure. */
export interface Pushdown {
  /**
   * What runs the statements: server, database where the source has no way across, user, and all else in the connection that results
   * or rights depend on. Sources with equal sites are neighbours: one statement may read tables of both, so their names must say which
   * (`locateTable`).
   */
  readonly site: string
  /** Most keys that one statement may carry in an array parameter: `capabilities.keys.maximum`. */
  readonly maximumKeys: number
  /**
   * Rows of other sources may be part of a fragment here: as a table function of one `unnest($n)` per column, whose parameters are
   * arrays of equal length (src/planner/shipped-rows.ts). `judgeNode` says which types. Absent: never.
   */
  readonly rows?: RowTransport
  /**
   * The same with nothing called exact that fails where a number has more digits than expected. A statement that failed so (22003, naming
   * the source, before any row) is planned with it. Absent: nothing here fails so.
   */
  readonly proven?: Pushdown
  /** What grouping costs there: `capabilities.grouping`. Absent: it is taken to be dear. */
  readonly grouping?: GroupingPrice
  /**
   * Judges one expression over columns of the fragment. `filter`: a conjunct of WHERE or of a join condition;
   * `value`: anything whose result is returned, grouped or aggregated; `sort`: an ORDER BY key (ordering must equal the binary collation).
   */
  judgeExpression(expression: Expression, use: 'filter' | 'value' | 'sort'): Judgement
  /**
   * Judges a node whose inputs are all in the fragment already. Expressions in it have been judged, except those of a
   * filter and a join's condition. Scans of the source's own tables are always in.
   */
  judgeNode(node: LogicalPlan): Judgement
  /**
   * Prints a fragment in the source's language. Output columns: `columnsOf(fragment)` in order.
   * Constants and parameters travel as bound parameters wherever the source can. `prices`: what asking the source costs, where
   * that is not the default; for a reader that may ask more than once for a large answer.
   */
  print(fragment: LogicalPlan, prices?: SourcePrices): RemoteStatement
}

/** What is sent to a source. Plain data; made at planning, run many times. */
export interface RemoteStatement {
  /** Exactly what the source receives (a MongoDB pipeline as JSON), with its own parameter markers. EXPLAIN shows it. */
  readonly text: string
  /** Constants and statement parameters in marker order; the executor turns them into text datums of their type. */
  readonly parameters: readonly Expression[]
  /** The result's columns in order, in PostgreSQL's types; the reader delivers vectors of these. */
  readonly columns: readonly Column[]
  /** The source can say what running it costs: EXPLAIN asks the running half's `estimate`. */
  readonly estimable?: boolean
  /** Whatever else this connector's reader needs (column decoders, a pipeline): plain data, opaque to the engine. */
  readonly handle?: unknown
}

export interface ScanOptions {
  readonly signal: AbortSignal
  /** Rows per batch to aim at. */
  readonly batchRows: number
  /** Called with bytes received from the source, as they arrive. */
  readonly onBytes?: (bytes: number) => void
  /** The session's, for sources whose functions depend on them (time zone, date style). Absent: the defaults. */
  readonly settings?: ValueSettings
}

/** How the client wants values printed; set alike on the source's connection before rows are relayed. */
export interface RelayFormat {
  /** 0 text, 1 binary, per column. */
  readonly formats: readonly number[]
  readonly settings: Readonly<Record<string, string>>
}

/** Complete DataRow messages, as many as came together. The buffer belongs to whoever takes the chunk. */
export interface RelayChunk {
  readonly frames: Uint8Array
  readonly rows: number
  /** Nothing else is in the buffer under `frames`, though they may not fill it: it can be handed to another thread. */
  readonly ownsBuffer?: boolean
  /** Called by whoever has passed the frames on and reads them no more: their buffer may be used again. */
  readonly release?: (() => void) | undefined
}

/** The running half: a pool of connections to one source, owned by one statement thread. */
export interface OpenSource {
  /**
   * Runs a statement and streams its rows. `values[i]` belongs to `statement.parameters[i]`. Pulls from the source only as fast as
   * batches are taken. When the signal aborts or the consumer stops, the statement is cancelled at the source (not just abandoned)
   * and the connection released. Errors are EngineErrors that name the source (SQLSTATE 08xxx, HVxxx or the source's own where it is PostgreSQL's).
   */
  scan(
    statement: RemoteStatement,
    values: readonly Datum[],
    options: ScanOptions,
  ): AsyncIterable<Batch>
  /**
   * The rows as DataRow messages, without vectors in between: a PostgreSQL source's own messages, or what the source sends printed
   * at once. They must be the very bytes that encoding the batches of `scan` would give. undefined: not with these columns and formats.
   */
  relay?(
    statement: RemoteStatement,
    values: readonly Datum[],
    format: RelayFormat,
    options: ScanOptions,
  ): AsyncIterable<RelayChunk> | undefined
  /**
   * Asks the source what a statement would cost, without running it; undefined when it does not say. `values[i]` is
   * null where it is not known before execution.
   */
  estimate?(
    statement: RemoteStatement,
    values: readonly Datum[],
    signal: AbortSignal,
  ): Promise<StatementEstimate | undefined>
  /** Reads schema, keys and statistics for the lock file. `tables`: those the source file declares. */
  discover(options: DiscoverOptions): Promise<DiscoveredSource>
  /** Connects and asks for the server's version; throws an EngineError naming the source when it cannot. */
  ping(signal: AbortSignal): Promise<ServerFacts>
  close(): Promise<void>
}

/** What a statement would cost at its source. */
export interface StatementEstimate {
  /** Bytes that it would read. */
  readonly bytes: number
  /** In US dollars, at the price the catalog states or the source's list price. */
  readonly dollars?: number
}

export interface DiscoverOptions {
  /** Common values and histograms are wanted, texts included. Without it no value of a text column leaves the source. */
  readonly distributions?: boolean
  /** Glob patterns over remote names (`core.*`), from the source file. Empty: everything in the connection's database. */
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  /** Tables that the source file already declares; for one with `query` the statement's columns are wanted. */
  readonly declared: readonly TableDefinition[]
  /** Names and types are enough: nothing is counted or measured. */
  readonly schemaOnly?: boolean
  readonly signal: AbortSignal
}

export interface DiscoveredSource {
  readonly server: ServerFacts
  /** Enum types that columns have, by remote name: their labels in order. Columns name them as they are named here. */
  readonly types?: Readonly<Record<string, readonly string[]>>
  /** By remote name, sorted. */
  readonly tables: readonly DiscoveredTable[]
}

export interface DiscoveredTable {
  /** As `from` in source files; of a declared `query:` table its lock key, `query:NAME`. */
  readonly from: string
  readonly rows?: number
  readonly bytes?: number
  readonly primaryKey: readonly string[]
  readonly unique: readonly (readonly string[])[]
  readonly indexes: readonly (readonly string[])[]
  /** The source refuses statements that do not filter by one of these columns. */
  readonly requireFilter?: readonly string[]
  readonly foreignKeys: readonly {
    readonly columns: readonly string[]
    readonly references: string
    readonly to: readonly string[]
  }[]
  readonly columns: readonly DiscoveredColumn[]
}

export interface DiscoveredColumn {
  readonly name: string
  /** A PostgreSQL type in SQL. */
  readonly type: string
  readonly native: string
  readonly collation?: string
  readonly notNull: boolean
  readonly distinct?: number
  readonly nullFraction?: number
  readonly min?: string
  readonly max?: string
  readonly width?: number
  /** As in the catalog's ColumnStatistics: for the running server only, no lock file has them. */
  readonly mostCommon?: readonly CommonValue[]
  readonly histogram?: readonly string[]
}
