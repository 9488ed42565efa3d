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
  /** Sending one row to a source, taking it apart and hashing it there; its bytes are `byteMoved` each. */
  rowSent: 0.6,
} as const

/** What it costs a source to group rows, beside sending the groups; in the unit of COST. `npm run bench:grouping` measures it. */
export interface GroupingPrice {
  /** Finding the group of one row. */
  readonly row: number
  /** Making one group. */
  readonly group: number
}

/** Of sources whose price nobody measured: the dearest that was, so that they are asked for few groups only. */
export const ASSUMED_GROUPING: GroupingPrice = { row: 0.35, group: 1.2 }

/** Rows, and bytes a row. */
export interface Sent {
  readonly rows: number
  readonly width: number
}

/** Tells whether having a source make groups of so many rows costs less than having it send what it would send otherwise. */
export function groupingPays(
  rows: number,
  groups: Sent,
  otherwise: Sent,
  price: GroupingPrice,
): boolean {
  const grouping = rows * price.row + groups.rows * price.group
  return grouping + costOfMoves([groups]) < costOfMoves([otherwise])
}

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

/** The share of the other side's values that the ends of the keys must leave out to be worth waiting for. */
export const RANGE_LEAVES_OUT = 0.2

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

/** Rows that one statement moves, as estimated. */
export interface ExpectedMove {
  readonly rows: number
  /** Bytes per row. */
  readonly width: number
  /** Of these, rows that match the keys of as many rows as were estimated; absent: no keys narrow it. */
  readonly matched?: number
}

/** What is estimated of sending rows to the source that they are joined with. */
export interface ShipEstimate {
  /** The rows to be sent: how many there would be, and bytes per row. */
  readonly rows: number
  readonly width: number
  /** What comes back. */
  readonly result: ExpectedMove
  /** What that source sends when the join runs here. */
  readonly otherwise: readonly ExpectedMove[]
}

/** Cost of what moves. */
export function costOfMoves(moves: readonly ExpectedMove[]): number {
  return moves.reduce((sum, { rows, matched, width }) => {
    const moved = Math.min(rows, matched ?? rows)
    return sum + moved * (COST.rowMoved + width * COST.byteMoved)
  }, 0)
}

/** Rows that shipping must keep from moving. */
const FEWEST_ROWS_SAVED_BY_SHIPPING = 1_000

/** What shipping may cost at most of what it costs not to: estimates are rough, and the source does the work. */
export const SHIPPING_MARGIN = 0.7

/** Tells whether sending so many rows and having the result back costs clearly less than what moves otherwise. */
export function shippingPays(rows: number, estimate: ShipEstimate): boolean {
  if (rows === 0) return false
  const growth = rows / Math.max(1, estimate.rows)
  // Fewer rows than estimated may still make as many groups; more rows make more.
  const result = estimate.result.rows * Math.max(1, growth)
  let otherwise = 0
  let cost = 0
  let isBound = false
  for (const move of estimate.otherwise) {
    const moved =
      move.matched === undefined ? move.rows : Math.min(move.rows, move.matched * growth)
    isBound ||= move.matched !== undefined
    otherwise += moved
    cost += moved * (COST.rowMoved + move.width * COST.byteMoved)
  }
  if (otherwise - result < FEWEST_ROWS_SAVED_BY_SHIPPING) return false
  if (isBound) cost += rows * COST.keySent
  return (
    costOfShipping(rows, { ...estimate.result, rows: result }, estimate.width) <
    cost * SHIPPING_MARGIN
  )
}

/** Cost of sending rows of this width and having a result back. */
export function costOfShipping(rows: number, result: ExpectedMove, width: number): number {
  return rows * (COST.rowSent + width * COST.byteMoved) + costOfMoves([result])
}

/** What reading first rows in order may cost at most of reading all: too few of them may match, and then it is done again with more. */
const FIRST_ROWS_MARGIN = 0.3

/** Tells whether asking first for so many rows, at this cost, is clearly less than what moves otherwise. */
export function firstRowsPay(
  cost: number,
  rows: number,
  otherwise: readonly ExpectedMove[],
): boolean {
  const moved = otherwise.reduce((sum, move) => sum + Math.min(move.rows, move.matched ?? move.rows), 0) // prettier-ignore
  if (moved - rows < FEWEST_ROWS_SAVED_BY_SHIPPING) return false
  return COST.roundTrip + cost < costOfMoves(otherwise) * FIRST_ROWS_MARGIN
}
