/** Resolves column ids against inputs when an operator is opened. */
import { EngineError, SQLSTATE } from '../errors.js'
import type { Column, ColumnId } from '../expressions/expression.js'

/** Where each of `wanted` lies in `columns`. Throws XX000 for one that is not there: the planner made a mistake. */
export function positionsOf(
  wanted: readonly { readonly id: ColumnId; readonly name: string }[],
  columns: readonly Column[],
): number[] {
  return wanted.map((column) => {
    const position = columns.findIndex((candidate) => candidate.id === column.id)
    if (position < 0) {
      throw new EngineError(
        SQLSTATE.internalError,
        `Column "${column.name}" (${column.id}) is not among its operator's inputs`,
      )
    }
    return position
  })
}
