/** `tributary.strict_pushdown`: a statement that would pull a table without its filters is refused before any source is asked. */
import { EngineError, SQLSTATE } from '../errors.js'
import type { LedgerEntry } from './explain/ledger.js'

/** Refuses a plan by its ledger (53400). Filters that are only checked again here have narrowed what comes. */
export function requirePushdown(ledger: readonly LedgerEntry[]): void {
  const pulled = ledger.find(
    (entry) =>
      entry.outcome === 'here' &&
      ((entry.work === 'filter' && entry.source !== undefined) ||
        entry.detail === 'the whole statement'),
  )
  if (pulled === undefined) return
  const { work, source, detail, reason, remedy } = pulled
  const message =
    work === 'filter'
      ? `The filter ${detail} is not pushed to source ${source}`
      : 'The tables of this statement would be read whole'
  throw new EngineError(SQLSTATE.configurationLimitExceeded, message, {
    category: 'policy',
    ...(reason === undefined ? {} : { detail: `${reason[0]?.toUpperCase()}${reason.slice(1)}` }),
    hint:
      remedy === undefined
        ? 'Write the condition in another way, or SET tributary.strict_pushdown = off'
        : `To have it pushed, ${remedy}; or SET tributary.strict_pushdown = off`,
  })
}
