/**
 * The cost model: turns rows into comparable numbers. The unit is one microsecond on the machine the constants were set by; only
 * their ratios matter. What asking a source and moving its rows costs is the source's own (source-prices.ts).
 */
import { dearestOf, DEFAULT_PRICES, type SourcePrices } from './source-prices.js'

export const COST = {
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
  /** Sending one row to a source, taking it apart and hashing it there; its bytes cost what those that come from there do. */
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

/** Tells whether having a source make groups of so many rows costs less than having it send what it would send otherwise. */
export function groupingPays(
  rows: number,
  groups: ExpectedMove,
  otherwise: ExpectedMove,
  price: GroupingPrice,
): boolean {
  const grouping = rows * price.row + groups.rows * price.group
  return grouping + costOfMoves([groups]) < costOfMoves([otherwise])
}

/** Assumed where a table's rows are unknown. */
export const UNKNOWN_ROWS = 100_000

/** Cost of asking a source for rows, and bringing them here. */
export function costOfMoving(rows: number, width: number, prices: SourcePrices): number {
  return prices.roundTrip + rows * costOfRow(width, prices)
}

function costOfRow(width: number, { rowMoved, byteMoved }: SourcePrices): number {
  return rowMoved + width * byteMoved
}

/**
 * Cost of asking a source only when something else has come, where it could have been asked at once. From near sources nothing: few rows
 * are worth that, and sources have more to do than to send what nobody needs. From far ones, what they are farther.
 */
export function costOfWaiting({ roundTrip }: SourcePrices): number {
  return Math.max(0, roundTrip - DEFAULT_PRICES.roundTrip)
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

/** Distinct keys that a bind join sends at most to a source that takes no more in one statement. */
export const MAXIMUM_KEYS_SENT = 50_000

/** Statements with keys of one bind join that run at the same time: each takes a connection. */
export const STATEMENTS_AT_ONCE = 4

/** Distinct keys that a bind join sends at most to a source, where one statement carries so many. */
export function mostKeysSent(maximumKeys: number): number {
  return Math.max(MAXIMUM_KEYS_SENT, maximumKeys)
}

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
  /** Of its sources; absent: the default ones. */
  readonly prices?: SourcePrices | undefined
  /** Keys that one statement carries; absent: all. */
  readonly keysPerStatement?: number | undefined
}

/** Rows of a side that match one of so many keys, taking values as evenly spread. */
export function rowsOfKeys(keys: number, side: BoundSide): number | undefined {
  const { rows } = side
  if (rows === undefined) return undefined
  const distinct = Math.max(1, Math.min(side.distinct ?? rows, rows))
  return (rows * Math.min(keys, distinct)) / distinct
}

/**
 * Tells whether asking for the rows of these keys costs less than asking for all. `waiting`: what it costs to wait for the keys, where that
 * is not done yet.
 */
export function sendingKeysPays(keys: number, side: BoundSide, waiting = 0): boolean {
  if (keys === 0) return true
  const rows = side.rows ?? UNKNOWN_ROWS
  const matched = rowsOfKeys(keys, { ...side, rows }) ?? rows
  const saved = rows - matched
  if (saved < FEWEST_ROWS_SAVED) return false
  const { prices = DEFAULT_PRICES, keysPerStatement = keys } = side
  const rounds = Math.max(1, Math.ceil(keys / (keysPerStatement * STATEMENTS_AT_ONCE)))
  // One round trip is made with or without keys.
  const asking = keys * COST.keySent + (rounds - 1) * costOfWaiting(prices)
  return waiting + asking < saved * costOfRow(side.width, prices)
}

/** Rows that one statement moves, as estimated. */
export interface ExpectedMove {
  readonly rows: number
  /** Bytes per row. */
  readonly width: number
  /** Of the source; absent: the default ones. */
  readonly prices?: SourcePrices | undefined
  /** Of these, rows that match the keys of as many rows as were estimated; absent: no keys narrow it. */
  readonly matched?: number
}

/** Rows of one side of a join, to be sent to a source. */
export interface SentRows {
  readonly rows: number
  /** Bytes per row. */
  readonly width: number
}

/** What is estimated of sending rows to the source that they are joined with. */
export interface ShipEstimate {
  /** The rows to be sent: how many there would be. */
  readonly sides: readonly SentRows[]
  /** What comes back. */
  readonly result: ExpectedMove
  /** What that source sends when the join runs here. */
  readonly otherwise: readonly ExpectedMove[]
}

/** Cost of what moves. */
export function costOfMoves(moves: readonly ExpectedMove[]): number {
  return moves.reduce(
    (sum, move) => sum + rowsOfMove(move) * costOfRow(move.width, move.prices ?? DEFAULT_PRICES),
    0,
  )
}

function rowsOfMove({ rows, matched }: ExpectedMove): number {
  return Math.min(rows, matched ?? rows)
}

/** Rows that shipping must keep from moving. */
const FEWEST_ROWS_SAVED_BY_SHIPPING = 1_000

/** What shipping may cost at most of what it costs not to: estimates are rough, and the source does the work. */
export const SHIPPING_MARGIN = 0.7

/**
 * Tells whether sending so many rows of each side and having the result back costs clearly less than what moves otherwise. `waiting`: what
 * it costs to wait for the rows, where that is not done yet and would not be done otherwise.
 */
export function shippingPays(
  rows: readonly number[],
  estimate: ShipEstimate,
  waiting = 0,
): boolean {
  if (rows.includes(0)) return false
  const sides = estimate.sides.map((side, index) => ({ ...side, rows: rows[index]! }))
  // Twice the rows of one side have twice the matches; of two sides, four times as many.
  const growth = sides.reduce(
    (factor, side, index) => (factor * side.rows) / Math.max(1, estimate.sides[index]!.rows),
    1,
  )
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
    cost += moved * costOfRow(move.width, move.prices ?? DEFAULT_PRICES)
  }
  if (otherwise - result < FEWEST_ROWS_SAVED_BY_SHIPPING) return false
  if (isBound) cost += sides.reduce((sum, side) => sum + side.rows, 0) * COST.keySent
  const shipping = costOfShipping(sides, { ...estimate.result, rows: result })
  return shipping + waiting < cost * SHIPPING_MARGIN
}

/** Cost of sending these rows and having a result back from there. */
export function costOfShipping(sides: readonly SentRows[], result: ExpectedMove): number {
  return costOfMoves([result]) + costOfSending(sides, result.prices ?? DEFAULT_PRICES)
}

function costOfSending(sides: readonly SentRows[], { byteMoved }: SourcePrices): number {
  return sides.reduce((sum, { rows, width }) => sum + rows * (COST.rowSent + width * byteMoved), 0)
}

/** What reading first rows in order may cost at most of reading all: too few of them may match, and then it is done again with more. */
const FIRST_ROWS_MARGIN = 0.3

/**
 * Tells whether asking first for few rows, and for what is joined with them, costs clearly less than what moves otherwise. `sent`: rows that are
 * sent to a source otherwise; they are waited for as well.
 */
export function firstRowsPay(
  first: readonly ExpectedMove[],
  otherwise: readonly ExpectedMove[],
  sent?: readonly SentRows[],
): boolean {
  const rowsOf = (moves: readonly ExpectedMove[]) =>
    moves.reduce((sum, move) => sum + rowsOfMove(move), 0)
  if (rowsOf(otherwise) - rowsOf(first) < FEWEST_ROWS_SAVED_BY_SHIPPING) return false
  const dearest = dearestOf(first.map(({ prices = DEFAULT_PRICES }) => prices))
  const waiting = sent === undefined ? dearest.roundTrip : 0
  const sending = sent === undefined ? 0 : costOfSending(sent, dearest)
  return waiting + costOfMoves(first) < (costOfMoves(otherwise) + sending) * FIRST_ROWS_MARGIN
}
