/** What a test server finds wrong with a statement: each server puts it into its product's form. */
export class ServerSqlError extends Error {
  /** Offset in the statement's text; -1: none. */
  readonly at: number
  /** What kind of fault, where a client tells them apart. */
  readonly reason: 'syntax' | 'unknown-table' | 'unknown-column' | 'unknown-function' | 'evaluation'

  constructor(message: string, at = -1, reason: ServerSqlError['reason'] = 'syntax') {
    super(message)
    this.name = 'ServerSqlError'
    this.at = at
    this.reason = reason
  }
}
