/**
 * The pushdown ledger: for every piece of work of a statement, where it runs, how faithfully a source does it, and why not
 * where it does not. Made by the planner while it offers work to sources; EXPLAIN and `tributary.pushdown` show it.
 */

/** What a piece of work is. */
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
  | 'other'

export interface LedgerEntry {
  readonly work: LedgerWork
  /** The conjunct, the keys, the calls: as EXPLAIN prints them. */
  readonly detail: string
  /** The source that was offered it; absent: there was none to offer it to. */
  readonly source?: string
  /**
   * exact: done at the source. superset: the source lets through too much, checked again here. here: done here alone.
   */
  readonly outcome: 'exact' | 'superset' | 'here'
  /** Of superset and here: what stands in the way. */
  readonly reason?: string
  /** What would change it, where that is known. */
  readonly remedy?: string
}
