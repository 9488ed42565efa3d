/** Rows that are of no use where another input has none. */
import { EngineError } from '../errors.js'
import type { Batch } from './batch.js'

/**
 * Gives the rows of an input that is read before `by`, whose rows alone call for it: the rows of a subquery, say, for those that show
 * its value. When the input fails by its values (a division by zero) and `by` has no row, it ends instead, since
 * PostgreSQL does not begin with it then. Failures of sources, limits and cancelling are never kept back. `by` is used
 * up by a failure.
 */
export async function* wantedRows<Piece>(
  input: AsyncIterable<Piece>,
  by: AsyncIterable<Batch>,
  signal: AbortSignal,
): AsyncGenerator<Piece> {
  try {
    yield* input
  } catch (error) {
    if (!isOfValues(error, signal) || !(await isEmpty(by))) throw error
  }
}

/** Tells whether what failed failed by its values: such a failure counts only where somebody asks for the rows. */
export function isOfValues(error: unknown, signal: AbortSignal): boolean {
  return error instanceof EngineError && error.category === 'user' && !signal.aborted
}

async function isEmpty(rows: AsyncIterable<Batch>): Promise<boolean> {
  for await (const batch of rows) if (batch.length > 0) return false
  return true
}
