/** What operators get besides their plan node: the statement's context, and the way to open other nodes. */
import type { PhysicalPlan } from '../planner/physical-plan.js'
import type { Batch } from './batch.js'
import type { ExecutionContext } from './execution.js'
import type { Pace } from './pace.js'

/** Rows that several nodes of a plan read: a shared definition, or a recursive step's working table. */
export interface SharedRows {
  /** Streams the rows from the first one on; may be called any number of times. An abort ends the wait for rows. */
  read(signal: AbortSignal): AsyncIterable<Batch>
}

export interface OperatorContext extends ExecutionContext {
  readonly pace: Pace
  /** By the `shared` number of shared and recursive-union nodes. */
  readonly shared: ReadonlyMap<number, SharedRows>
  /** The keys that bind joins send, by binding: as text, distinct, without NULL. */
  readonly bindings: ReadonlyMap<number, readonly string[]>
  /** The ends of keys that are too many to be listed, by the number of the first of the two parameters. */
  readonly ranges: ReadonlyMap<number, readonly [string, string]>
  /** Opens a node's operator, under another context where parameters or shared rows differ. Nothing starts before the first pull. */
  open(plan: PhysicalPlan, context?: OperatorContext): AsyncIterable<Batch>
}
