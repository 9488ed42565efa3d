/** What a native function is: a synchronous computation over whole vectors. */
import type { SqlType } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'
import type { EvaluationContext } from '../evaluation-context.js'
import type { CallExpression } from '../expression.js'

/** One call over a batch. */
export interface KernelCall {
  readonly length: number
  /**
   * Of strict functions: the union of the arguments' NULLs. These rows are NULL in the result, must not be computed
   * (they must not raise an error), and may hold any lane value.
   */
  readonly nulls: Uint8Array | undefined
  readonly type: SqlType
  readonly context: EvaluationContext
  /** Which arguments are the same in every row. */
  readonly constant: readonly boolean[]
}

/** Computes `call.length` rows. Of a strict function the result's `nulls` are `call.nulls`, or more. */
export type Kernel = (inputs: readonly Vector[], call: KernelCall) => Vector

/** A kernel with conditions: `refuse` says why this very call is left to PostgreSQL. */
export interface GuardedKernel {
  readonly run: Kernel
  refuse(call: CallExpression): string | undefined
}

/** Kernels by signature, as FunctionReference.signature spells it. */
export type KernelTable = Readonly<Record<string, Kernel | GuardedKernel>>
