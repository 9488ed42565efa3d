/** What a native set-returning function is. */
import type { CallExpression } from '../../expressions/expression.js'
import type { EvaluationContext } from '../../expressions/evaluation-context.js'
import type { Datum, SqlType } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'

/** Computes the rows of one call, in vectors of at most some thousand rows. */
export interface SetFunction {
  (
    values: readonly string[],
    result: SqlType,
    context: EvaluationContext,
    argumentTypes: readonly SqlType[],
  ): Iterable<Vector>
  /** It looks at NULLs itself; all others are strict and give no rows for a NULL. */
  readonly acceptsNulls?: true
  /** Says why this very call is left to PostgreSQL. */
  readonly refuse?: (call: CallExpression) => string | undefined
}

/** The rows of a call; its arguments may be NULL. */
export function rowsOf(
  run: SetFunction,
  values: readonly Datum[],
  result: SqlType,
  context: EvaluationContext,
  argumentTypes: readonly SqlType[],
): Iterable<Vector> {
  if (run.acceptsNulls === true) {
    return run(values as readonly string[], result, context, argumentTypes)
  }
  const present = values.filter((value) => value !== null)
  return present.length === values.length ? run(present, result, context, argumentTypes) : []
}
