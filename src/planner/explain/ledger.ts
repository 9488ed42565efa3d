/**
 * The pushdown ledger: for every piece of work of a statement, where it runs, how faithfully a source does it, and why not
 * where it does not. Made by the planner while it offers work to sources; EXPLAIN and `tributary.pushdown` show it.
 */

/** What a piece of work is. `keys` and `rows` are those of one source that another one may be sent, to narrow or join there what it has. */
export type LedgerWork =
  | 'filter'
  | 'projection'
  | 'join'
  | 'aggregate'
  | 'distinct'
  | 'sort'
  | 'limit'
  | 'window'
  | 'set operation'
  | 'common table'
  | 'keys'
  | 'rows'
  | 'other'

export interface LedgerEntry {
  readonly work: LedgerWork
  /** The conjunct, the keys, the calls: as EXPLAIN prints them. */
  readonly detail: string
  /** The source that was offered it; absent: there was none to offer it to. */
  readonly source?: string
  /**
   * exact: done at the source. superset: the source lets through too much, checked again here. here: done here alone. apart: a common
   * table that is planned as part of what reads it, each time it is read.
   */
  readonly outcome: 'exact' | 'superset' | 'here' | 'apart'
  /** Of superset and here: what stands in the way. */
  readonly reason?: string
  /** What would change it, where that is known. */
  readonly remedy?: string
}

/** Why nothing but scans goes to sources where the setting says so. */
export const PUSHDOWN_IS_OFF = {
  reason: 'pushdown is off (tributary.pushdown)',
  remedy: 'SET tributary.pushdown = on',
} as const
