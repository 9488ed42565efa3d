/** Thrown inside the reader for what has no algebra; the statement then becomes an opaque query. Never leaves the analyzer. */
export class Unreadable extends Error {
  readonly reason: string

  /** `reason` completes "runs as a whole in the local PostgreSQL because of ...". */
  constructor(reason: string) {
    super(reason)
    this.name = 'Unreadable'
    this.reason = reason
  }
}
