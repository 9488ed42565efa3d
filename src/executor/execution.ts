/** What every operator of one running statement shares. */
import type { OpenSource } from '../connectors/connector.js'
import type { EvaluationContext } from '../expressions/evaluation-context.js'
import type { PhysicalPlan } from '../planner/physical-plan.js'
import type { Batch } from './batch.js'
import type { CallFigures } from '../planner/estimates/measured-prices.js'
import type { MemoryBudget } from './memory-budget.js'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export interface ExecutionContext {
  readonly evaluation: EvaluationContext
  /** Aborted on cancel, timeout, disconnect, or when the statement ends early. Operators check it each batch. */
  readonly signal: AbortSignal
  readonly memory: MemoryBudget
  /** The running half of a source, by catalog name; `neighbours`: other sources whose tables the statement reads there. */
  source(name: string, neighbours?: readonly string[]): OpenSource
  readonly localPostgres: LocalPostgres
  /** Told of rows before they are sent to a source; throws where the statement may move no more. */
  sendRows(rows: number): void
  readonly statistics: StatisticsCollector
}

/** A PostgreSQL in this process that runs fragments over loaded rows. Started on demand. */
export interface LocalPostgres {
  /** Loads the inputs, and runs the statement to its end. Inputs must not use it themselves. */
  run(
    statement: LocalStatement,
    context: {
      readonly signal: AbortSignal
      readonly evaluation: EvaluationContext
      /** Takes the rows as they come, as `columns`' types. It must not wait for another statement here. */
      keep(batch: Batch): Promise<unknown>
    },
  ): Promise<void>
}

export interface LocalStatement {
  readonly inputs: readonly {
    readonly schema?: string
    readonly name: string
    readonly columnNames: readonly string[]
    readonly columns: PhysicalPlan['columns']
    readonly batches: AsyncIterable<Batch>
  }[]
  /** Created over the inputs before the statement runs, in this order. */
  readonly views?: readonly {
    readonly schema: string
    readonly name: string
    readonly sql: string
  }[]
  /** How unqualified names resolve. */
  readonly searchPath?: readonly string[]
  readonly sql: string
  /** Values of $1.. with their types. */
  readonly parameters: readonly { readonly value: string | null; readonly oid: number }[]
  readonly columns: PhysicalPlan['columns']
}

/** What EXPLAIN ANALYZE, the ledger and what learns from statements are told of one node, by plan id. */
export interface NodeStatistics extends Mutable<CallFigures> {
  rows: number
  batches: number
  /** ms from open to end, inputs included. */
  milliseconds: number
  /** ms until the first batch. */
  firstMilliseconds: number
  /** Remote nodes: bytes received, statements sent. */
  bytes: number
  remoteCalls: number
  /** Peak bytes of the memory budget the node held. */
  memory: number
  /** Bytes the node wrote to temporary files. */
  spilled: number
  /** Remote nodes: one statement, asked for all its rows and read to its end. */
  isWhole?: boolean
  /** Bind joins: distinct keys sent to the other side; absent where none were. */
  keys?: number
  /** Bind joins: why no keys were sent. */
  keysUnsent?: string
  /** Bind joins: columns whose smallest and largest keys were sent instead; absent where none were. */
  ranges?: number
  /** Ship joins: rows sent to the other side's source; 0 where they were joined here. */
  shipped?: number
  /** Remote nodes: keys of bind joins that their statements carried; one that two statements carried counts twice. */
  keysSent?: number
  /** Ship joins and remote nodes: bytes of these rows and keys, as text. */
  bytesSent?: number
}

export interface StatisticsCollector {
  /** The mutable record of a node; made on first use. */
  of(planId: number): NodeStatistics
  readonly nodes: ReadonlyMap<number, NodeStatistics>
}
