/** What a statement of the plan bench is. */

export interface PlanStatement {
  readonly name: string
  readonly sql: string
  /**
   * SQL that counts the rows the best plan receives from the sources; it runs over the same tables. `because` says how it was
   * worked out: the strategies are whole fragments, bind joins (the keys of one side sent to the other), ship joins (its rows sent,
   * where they are fewer than the rows that then need not move), partial aggregation and top-N at each source. Rows a source receives are bytes sent, not rows moved.
   */
  readonly least: string
  readonly because: string
  /** SQL that counts the rows that must not be exceeded, where the project promises a number of its own. */
  readonly most?: string
}

/** The statement as one fragment: only its answer moves. */
export function wholeAtSource(name: string, sql: string): PlanStatement {
  return {
    name,
    sql,
    least: `SELECT count(*) FROM (${sql}) AS answer`,
    because: 'all its tables live in one source: only the answer moves',
  }
}
