/**
 * The cost model: turns rows into comparable numbers. The unit is one microsecond on the machine the constants were set by; only
 * their ratios matter.
 */
export const COST = {
  /** Asking a source anything: one statement there and back. */
  roundTrip: 1_000,
  /** Bringing one row here: source cursor, wire, decoding. */
  rowMoved: 0.8,
  /** Bringing one byte here. */
  byteMoved: 0.01,
  /** Putting one row into a hash table here. */
  rowHashed: 0.2,
  /** Looking one row up in a hash table here. */
  rowProbed: 0.08,
  /** Handing on one row of a join's result here. */
  rowJoined: 0.05,
  /** Testing one pair of rows here, where there is no key. */
  pairTested: 0.01,
  /** Reading or joining one row at a source: cheaper than here, it need not travel. */
  rowAtSource: 0.1,
  /** Sending one key to a source, and looking it up there. */
  keySent: 0.5,
} as const

/** Assumed where a table's rows are unknown. */
export const UNKNOWN_ROWS = 100_000

/** Cost of bringing rows from a source here. */
export function costOfMoving(rows: number, width: number): number {
  return COST.roundTrip + rows * (COST.rowMoved + width * COST.byteMoved)
}

/** Cost of joining two inputs here. */
export function costOfJoiningHere(
  left: number,
  right: number,
  joined: number,
  hasKey: boolean,
): number {
  if (!hasKey) return left * right * COST.pairTested + joined * COST.rowJoined
  const build = Math.min(left, right)
  const probe = Math.max(left, right)
  return build * COST.rowHashed + probe * COST.rowProbed + joined * COST.rowJoined
}

/** Cost of joining two inputs at their source. */
export function costOfJoiningThere(left: number, right: number, joined: number): number {
  return (left + right + joined) * COST.rowAtSource
}

/** Distinct keys that a bind join sends at most, over all its statements. */
export const MAXIMUM_KEYS_SENT = 50_000

/** Rows that keys must keep from moving for the other side to wait for them. */
const FEWEST_ROWS_SAVED = 20

/** The side of a join that keys are sent to, as far as known. */
export interface BoundSide {
  readonly rows: number | undefined
  /** Bytes per row. */
  readonly width: number
  /** Different values of its key; unknown: every row has its own. */
  readonly distinct: number | undefined
}

/** Rows of a side that match one of so many keys, taking values as evenly spread. */
export function rowsOfKeys(keys: number, side: BoundSide): number | undefined {
  const { rows } = side
  if (rows === undefined) return undefined
  const distinct = Math.max(1, Math.min(side.distinct ?? rows, rows))
  return (rows * Math.min(keys, distinct)) / distinct
}

/** Tells whether asking for the rows of these keys costs less than asking for all. */
export function sendingKeysPays(keys: number, side: BoundSide): boolean {
  if (keys === 0) return true
  const rows = side.rows ?? UNKNOWN_ROWS
  const matched = rowsOfKeys(keys, { ...side, rows }) ?? rows
  const saved = rows - matched
  if (saved < FEWEST_ROWS_SAVED) return false
  return keys * COST.keySent < saved * (COST.rowMoved + side.width * COST.byteMoved)
}
