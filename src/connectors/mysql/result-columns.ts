/** What the server describes a result as must be what the statement promised. */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { Column } from '../../expressions/expression.js'
import type { WireColumn } from './wire-protocol.js'

/** Fails when there are more or fewer columns. A result without columns is sent as one that nobody reads. */
export function checkColumnCount(
  wireColumns: readonly WireColumn[],
  columns: readonly Column[],
): void {
  if (wireColumns.length === Math.max(1, columns.length)) return
  throw new EngineError(
    SQLSTATE.sourceError,
    `The source returned ${wireColumns.length} columns where ${columns.length} were asked for`,
  )
}
