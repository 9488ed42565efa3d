/** Messages between the main thread and a statement thread. Plain data; frames are transferred, not copied. */
import type { StatementEstimate } from '../../connectors/connector.js'
import type { SerializedError } from '../../errors.js'
import type { NodeStatistics } from '../../executor/execution.js'
import type { EvaluationContext } from '../../expressions/evaluation-context.js'
import type { PhysicalPlan } from '../../planner/physical-plan.js'
import type { NameNumbers } from '../../types/object-names.js'
import type { SourceDefinition } from '../../catalog/catalog.js'

export type ToStatementThread =
  /** Sent once at start and again after each catalog reload; running statements keep their sources. */
  | {
      readonly type: 'sources'
      readonly version: string
      readonly sources: readonly SourceDefinition[]
    }
  | ExecuteMessage
  /** The consumer took this many bytes: the thread may run ahead by WINDOW_BYTES in all. The buffer they were in comes back, when free. */
  | {
      readonly type: 'credit'
      readonly id: number
      readonly bytes: number
      readonly buffer?: ArrayBuffer
    }
  /** Cancel or close: `reason` decides the error (57014 and the like); none: the portal was closed. */
  | { readonly type: 'abort'; readonly id: number; readonly reason?: SerializedError }

export interface ExecuteMessage {
  readonly type: 'execute'
  readonly id: number
  readonly plan: PhysicalPlan
  readonly evaluation: EvaluationContext
  /** 0 text, 1 binary per result column. */
  readonly formats: readonly number[]
  /** Of catalog objects that the plan names, where the client wants them in binary. */
  readonly names?: NameNumbers
  readonly memoryLimit: number
  /** Rows that may come from sources before the statement is stopped; 0 or absent: any number. */
  readonly maxRowsMoved?: number
  /** The rows of the one remote query may be passed on without being worked on. */
  readonly relay: boolean
  /** Nothing is run: sources that can are asked what their statements would cost. */
  readonly estimateOnly?: boolean
}

export type FromStatementThread =
  /** Complete DataRow messages. */
  | {
      readonly type: 'rows'
      readonly id: number
      readonly frames: Uint8Array
      readonly rows: number
    }
  | {
      readonly type: 'end'
      readonly id: number
      readonly rows: number
      readonly statistics: ExecutionReport
    }
  | {
      readonly type: 'error'
      readonly id: number
      readonly error: SerializedError
      readonly statistics?: ExecutionReport
    }

export interface ExecutionReport {
  readonly milliseconds: number
  readonly peakMemory: number
  readonly nodes: readonly (readonly [number, NodeStatistics])[]
  /** What sources said of their statements before running them, by node. */
  readonly estimates?: readonly (readonly [number, SourceEstimate])[]
}

/** A source's own estimate, or why there is none. */
export type SourceEstimate = StatementEstimate | { readonly failure: string }

/** How far a statement thread may run ahead of its consumer, in bytes of frames. */
export const WINDOW_BYTES = 1 << 20
