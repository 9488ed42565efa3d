/** Pairs rows of a streamed batch with the held rows of the same key. */
import type { Column, Expression } from '../../expressions/expression.js'
import { OID } from '../../types/sql-type.js'
import type { JoinIndex } from './join-index.js'

/** Types of which equal values are the same bytes. */
const IDENTICAL_WHEN_EQUAL: ReadonlySet<number> = new Set([
  ...[OID.bool, OID.int2, OID.int4, OID.int8, OID.oid, OID.date, OID.time, OID.timestamp],
  ...[OID.timestamptz, OID.text, OID.varchar, OID.uuid],
])

/** Key columns of the held side that need not be fetched: the streamed side has the same values. */
export function equalColumns(
  heldKeys: readonly Expression[],
  streamedKeys: readonly Expression[],
  heldColumns: readonly Column[],
  streamedColumns: readonly Column[],
): ReadonlyMap<number, number> {
  const equal = new Map<number, number>()
  heldKeys.forEach((heldKey, index) => {
    const streamedKey = streamedKeys[index]!
    if (heldKey.kind !== 'column' || streamedKey.kind !== 'column') return
    if (heldKey.type.oid !== streamedKey.type.oid) return
    if (!IDENTICAL_WHEN_EQUAL.has(heldKey.type.oid)) return
    const positionIn = (columns: readonly Column[], id: number): number =>
      columns.findIndex((column) => column.id === id)
    equal.set(positionIn(heldColumns, heldKey.id), positionIn(streamedColumns, streamedKey.id))
  })
  return equal
}

/** Where the pairing of a batch has got to. */
export interface PairCursor {
  row: number
  /** The next of that row's matches; -1: its first. */
  match: number
}

/** The first row of each key by number; undefined where the number is the row itself. */
export function firstRows({ isUnique, starts, rows, nullRows }: JoinIndex): Int32Array | undefined {
  if (isUnique) return nullRows.length === 0 ? undefined : rows
  const first = new Int32Array(starts.length - 1)
  for (let id = 0; id < first.length; id++) first[id] = rows[starts[id]!]!
  return first
}

/** Pairs rows of a batch with one match each. */
export function pairOnce(
  ids: Int32Array,
  length: number,
  rows: Int32Array | undefined,
  cursor: PairCursor,
  pairStreamed: Int32Array,
  pairHeld: Int32Array,
): number {
  const end = Math.min(length, cursor.row + pairStreamed.length)
  let count = 0
  for (let row = cursor.row; row < end; row++) {
    const id = ids[row]!
    if (id < 0) continue
    pairStreamed[count] = row
    pairHeld[count++] = rows === undefined ? id : rows[id]!
  }
  cursor.row = end
  return count
}

/** Pairs rows of a batch with all their matches, until the pairs are full. */
export function pairAll(
  ids: Int32Array,
  length: number,
  index: JoinIndex,
  cursor: PairCursor,
  pairStreamed: Int32Array,
  pairHeld: Int32Array,
): number {
  const { starts, rows } = index
  const room = pairStreamed.length
  let { row, match } = cursor
  let count = 0
  while (row < length && count < room) {
    const id = ids[row]!
    if (id >= 0) {
      const end = starts[id + 1]!
      let at = match < 0 ? starts[id]! : match
      for (; at < end && count < room; at++) {
        pairStreamed[count] = row
        pairHeld[count++] = rows[at]!
      }
      match = at < end ? at : -1
      if (match >= 0) break
    }
    row++
  }
  cursor.row = row
  cursor.match = match
  return count
}
