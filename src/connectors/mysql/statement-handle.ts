/** What a printed statement tells the reader beyond text and types. */
export interface StatementHandle {
  /** Per output column: what to do with dates that do not exist. */
  readonly zeroDates: readonly ('null' | 'fail')[]
}
