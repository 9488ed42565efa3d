/** PostgreSQL's input functions: text as users write it into canonical text. */
import type { ValueSettings } from '../session/settings.js'
import type { SqlType } from './sql-type.js'

/** What input may depend on besides the settings. */
export interface InputContext {
  /** µs since 2000-01-01 UTC: what 'now' and 'today' mean. */
  readonly now?: number
}

/** Reads a value as PostgreSQL's input function does and prints it in canonical form. */
export function canonicalDatum(
  _type: SqlType,
  text: string,
  _settings: ValueSettings,
  _context: InputContext = {},
): string {
  return text
}
