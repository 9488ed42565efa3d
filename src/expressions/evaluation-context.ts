/** What an expression may depend on besides its input columns: fixed for one execution of a statement. */
import type { ValueSettings } from '../session/settings/value-settings.js'
import type { Datum } from '../types/sql-type.js'

export interface EvaluationContext {
  /** Values of $1.., canonical text. */
  readonly parameters: readonly Datum[]
  readonly settings: ValueSettings
  /** now(): µs since 2000-01-01 UTC at the start of the transaction. */
  readonly transactionTime: number
  /** µs since 2000-01-01 UTC at the start of the statement. */
  readonly statementTime: number
  /** current_user, session_user, current_database() and the like, by their names in lower case. */
  readonly session: Readonly<Record<string, string>>
}
