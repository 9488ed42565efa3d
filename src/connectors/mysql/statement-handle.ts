export type ParameterUse =
  'value' | 'list' | 'bytes-list' | 'rows' | 'rows-column' | 'limit' | 'offset'

/** What a printed statement tells the reader beyond text and types. Plain data. */
export interface StatementHandle {
  /** The text between the parameters' markers: one piece more than there are parameters. */
  readonly pieces: readonly string[]
  /**
   * How each parameter is sent. list: an array, as many markers as it has elements; bytes-list: likewise, its texts as
   * bytes; limit: NULL means no limit; rows: the first column of rows, which go into one document with the columns after it.
   */
  readonly parameters: readonly ParameterUse[]
  /** Per output column: what to do with dates that do not exist. */
  readonly zeroDates: readonly ('null' | 'fail')[]
}
