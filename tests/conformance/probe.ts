/** One statement of the suite. */
export interface Probe {
  /** A heading of the capability table. */
  readonly section: string
  /** The row of the capability table this belongs to. */
  readonly group: string
  readonly sql: string
  /** ORDER BY decides the whole order of the answer. */
  readonly ordered?: boolean
  readonly parameters?: readonly (string | null)[]
  /** The session's; UTC unless said. */
  readonly timeZone?: string
}
