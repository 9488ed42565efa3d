/** `tributary.strict_pushdown`: a statement that would pull a table without its filters is refused before any source is asked. */
import { EngineError, SQLSTATE } from '../errors.js'
import type { LedgerEntry } from './explain/ledger.js'

/**
 * Says by a plan's ledger why it is refused (53400); undefined: it is not. Filters that are only checked again here have narrowed what
 * comes. `pushdown`: false where sources are only scanned, so that any filter is one of a table read whole.
 */
export function pushdownRefusal(
  ledger: readonly LedgerEntry[],
  pushdown: boolean,
): EngineError | undefined {
  const pulled = ledger.find(
    ({ outcome, work, source, detail }) =>
      outcome === 'here' &&
      ((work === 'filter' && (source !== undefined || !pushdown)) ||
        detail === 'the whole statement'),
  )
  if (pulled === undefined) return undefined
  const { work, source, detail, reason, remedy } = pulled
  const isFilter = work === 'filter'
  const message = isFilter
    ? `The filter ${detail} is not pushed to ${source === undefined ? 'any source' : `source ${source}`}`
    : 'The tables of this statement would be read whole'
  const fallback = isFilter ? 'Write the condition in another way' : 'Write it without that'
  return new EngineError(SQLSTATE.configurationLimitExceeded, message, {
    category: 'policy',
    ...(reason === undefined ? {} : { detail: `${reason[0]?.toUpperCase()}${reason.slice(1)}` }),
    hint:
      remedy === undefined
        ? `${fallback}, or SET tributary.strict_pushdown = off`
        : `To have it pushed, ${remedy}; or SET tributary.strict_pushdown = off`,
  })
}
