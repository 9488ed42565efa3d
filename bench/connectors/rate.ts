/** How fast a connector reads, against the bare client of its source. */
export interface ConnectorRate {
  readonly name: string
  /** Rows a second. */
  readonly ours: number
  readonly bare: number
  /** ours / bare, the median of runs in turn. */
  readonly ratio: number
  readonly target: number
}
