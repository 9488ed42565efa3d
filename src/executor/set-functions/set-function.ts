/** What a native set-returning function is. */
import type { EvaluationContext } from '../../expressions/evaluation-context.js'
import type { Datum, SqlType } from '../../types/sql-type.js'
import type { Vector } from '../../types/vector.js'

/** Computes the rows of one call, in vectors of at most some thousand rows. Arguments are not NULL. */
export type SetFunction = (
  values: readonly string[],
  result: SqlType,
  context: EvaluationContext,
  argumentTypes: readonly SqlType[],
) => Iterable<Vector>

/** A call's arguments, NULLs included: all functions here are strict and give no rows for a NULL. */
export function rowsOf(
  run: SetFunction,
  values: readonly Datum[],
  result: SqlType,
  context: EvaluationContext,
  argumentTypes: readonly SqlType[],
): Iterable<Vector> {
  const present = values.filter((value) => value !== null)
  return present.length === values.length ? run(present, result, context, argumentTypes) : []
}
