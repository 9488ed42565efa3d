/**
 * The hash table of a join: numbers the keys of the build side, and lists the build rows of each number. A single integer key of a
 * dense range needs no hashing: an array over the range does it. Where a join only wants some numbers from rows with unique keys, the
 * table holds the rows.
 */
import type { Vector } from '../../types/vectors/vector.js'
import { OID } from '../../types/sql-type.js'
import { laneOf } from '../../types/type-registry.js'
import { KeyTable } from '../keys/key-table.js'
import type { KeyColumn } from '../keys/key-table.js'
import type { Pace } from '../pace.js'
import type { KeyBatch } from './held-rows.js'
import { isPlainNumbers, RecordTable } from './record-table.js'
import type { RecordColumn } from './record-table.js'

/** The range may be this many times the number of rows, for the array to pay. */
const DENSE_FACTOR = 4

/** From so many rows on a table of their numbers, and their columns, no longer lie in the core's own cache. */
const LARGE_ROWS = 2 ** 15

const INTEGER_KEYS: ReadonlySet<number> = new Set([
  ...[OID.int2, OID.int4, OID.int8, OID.oid, OID.date],
])

/**
 * Numbers keys that were seen while building; -1 for all others and for NULLs that match nothing. An index that holds the
 * rows gives their columns along, by position: row by row of the keys, anything under a -1.
 */
export type KeyLookup = (
  keys: readonly Vector[],
  count: number,
  ids: Int32Array,
) => ReadonlyMap<number, Vector> | undefined

/** Build rows by key. The rows of number i are rows[starts[i]] .. rows[starts[i + 1] - 1]. */
export interface JoinIndex {
  readonly lookup: KeyLookup
  readonly starts: Int32Array
  readonly rows: Int32Array
  /** No key has two rows. */
  readonly isUnique: boolean
  /** Rows that a NULL in a key keeps from matching anything. */
  readonly nullRows: Int32Array
  /** The index has taken over the columns that were asked for; its numbers are not those of rows. */
  readonly holdsRows: boolean
  readonly bytes: number
}

/**
 * Builds the index over the keys of consecutive batches; gives up when `hold` refuses the bytes that it takes. `wanted` are the
 * columns to give along with numbers, where nothing but them will be asked about the rows.
 */
export async function buildJoinIndex(
  columns: readonly KeyColumn[],
  batches: readonly KeyBatch[],
  pace: Pace,
  hold: (bytes: number) => boolean,
  wanted?: readonly RecordColumn[],
): Promise<JoinIndex | undefined> {
  const count = batches.reduce((sum, batch) => sum + batch.length, 0)
  const dense = columns.length === 1 ? denseRange(columns[0]!, batches, count) : undefined
  if (dense === undefined && wanted !== undefined) {
    const records = await buildRecords(columns, batches, count, wanted, pace, hold)
    if (records !== undefined) return records
  }
  const ids = new Int32Array(count)
  let lookup: KeyLookup
  let size: number
  let tableBytes = 0
  if (dense !== undefined) {
    ;({ lookup, size } = numberDense(dense, batches, ids))
    tableBytes = dense.length * 4
  } else {
    const table = new KeyTable(columns)
    table.reserve(count)
    if (!hold(table.bytes + ids.byteLength)) return undefined
    let at = 0
    for (const batch of batches) {
      table.assign(batch.keys, batch.length, ids.subarray(at, at + batch.length))
      at += batch.length
      if (!hold(table.bytes + ids.byteLength)) return undefined
      if (pace.due()) await pace.turn()
    }
    lookup = (keys, rows, out) => {
      table.lookup(keys, rows, out)
      return undefined
    }
    size = table.size
    tableBytes = table.bytes
  }
  const index = listRows(ids, size)
  const bytes = tableBytes + index.starts.byteLength + index.rows.byteLength
  if (!hold(bytes)) return undefined
  return { ...index, lookup, holdsRows: false, bytes }
}

/** Builds a table of the rows themselves; undefined where they do not suit it. */
async function buildRecords(
  keys: readonly KeyColumn[],
  batches: readonly KeyBatch[],
  count: number,
  wanted: readonly RecordColumn[],
  pace: Pace,
  hold: (bytes: number) => boolean,
): Promise<JoinIndex | undefined> {
  const [key] = keys
  if (count < LARGE_ROWS) return undefined
  if (keys.length !== 1 || key!.nullsMatch || !isIntegerKey(key!)) return undefined
  const isSuitable = batches.every(({ columns }) =>
    wanted.every(({ position, lane }) => {
      const column = columns[position]!
      return column.lane === lane && isPlainNumbers(column)
    }),
  )
  if (!isSuitable || !hold(RecordTable.bytesFor(wanted, count))) return undefined
  const table = new RecordTable(wanted, count)
  for (const batch of batches) {
    const columns = wanted.map(({ position }) => batch.columns[position]!).filter(isPlainNumbers)
    if (!table.add(batch.keys[0]!, columns, batch.length)) return undefined
    if (pace.due()) await pace.turn()
  }
  const nothing = new Int32Array(0)
  return {
    lookup: (vectors, rows, out) => table.lookup(vectors[0]!, rows, out),
    starts: nothing,
    rows: nothing,
    isUnique: true,
    nullRows: nothing,
    holdsRows: true,
    bytes: table.bytes,
  }
}

/** Tells whether keys are equal just when they are equal as integers. */
function isIntegerKey({ type }: KeyColumn): boolean {
  return INTEGER_KEYS.has(type.oid) || laneOf(type) === 'int64'
}

interface DenseRange {
  readonly minimum: number
  readonly length: number
}

function denseRange(
  column: KeyColumn,
  batches: readonly KeyBatch[],
  count: number,
): DenseRange | undefined {
  if (!INTEGER_KEYS.has(column.type.oid) || column.nullsMatch) return undefined
  let minimum = Infinity
  let maximum = -Infinity
  for (const { keys, length } of batches) {
    const key = keys[0]!
    if (key.lane !== 'int32' && key.lane !== 'int64') return undefined
    if (key.lane === 'int64' && key.exact !== undefined) return undefined
    const { values, nulls } = key
    for (let row = 0; row < length; row++) {
      if (nulls !== undefined && nulls[row] === 1) continue
      const value = values[row]!
      if (value < minimum) minimum = value
      if (value > maximum) maximum = value
    }
  }
  const length = maximum - minimum + 1
  return length > 0 && length <= count * DENSE_FACTOR + 1024 ? { minimum, length } : undefined
}

function numberDense(
  range: DenseRange,
  batches: readonly KeyBatch[],
  ids: Int32Array,
): { lookup: KeyLookup; size: number } {
  const { minimum, length } = range
  /** Number + 1 by value - minimum. */
  const numbers = new Int32Array(length)
  let size = 0
  let at = 0
  for (const { keys, length: rows } of batches) {
    const key = keys[0]!
    if (key.lane !== 'int32' && key.lane !== 'int64') continue
    const { values, nulls } = key
    for (let row = 0; row < rows; row++, at++) {
      if (nulls !== undefined && nulls[row] === 1) {
        ids[at] = -1
        continue
      }
      const position = values[row]! - minimum
      let number = numbers[position]!
      if (number === 0) numbers[position] = number = ++size
      ids[at] = number - 1
    }
  }
  const lookup: KeyLookup = (keys, count, out) => {
    const key = keys[0]!
    if (key.lane === 'int64' && key.exact !== undefined) {
      lookupExact(key.exact, key.nulls, minimum, numbers, count, out)
    } else if (key.lane === 'int32') {
      lookupDense(key.values, key.nulls, minimum, numbers, count, out)
    } else if (key.lane === 'int64') {
      lookupDense(key.values, key.nulls, minimum, numbers, count, out)
    }
    return undefined
  }
  return { lookup, size }
}

function lookupDense(
  values: Int32Array | Float64Array,
  nulls: Uint8Array | undefined,
  minimum: number,
  numbers: Int32Array,
  count: number,
  out: Int32Array,
): void {
  const length = numbers.length
  for (let row = 0; row < count; row++) {
    const position = values[row]! - minimum
    out[row] = position >= 0 && position < length ? numbers[position]! - 1 : -1
  }
  if (nulls === undefined) return
  for (let row = 0; row < count; row++) if (nulls[row] === 1) out[row] = -1
}

function lookupExact(
  values: BigInt64Array,
  nulls: Uint8Array | undefined,
  minimum: number,
  numbers: Int32Array,
  count: number,
  out: Int32Array,
): void {
  for (let row = 0; row < count; row++) {
    const value = Number(values[row]!)
    const isCandidate = Number.isSafeInteger(value) && nulls?.[row] !== 1
    out[row] = isCandidate ? (numbers[value - minimum] ?? 0) - 1 : -1
  }
}

/** Turns the number of each row into the rows of each number, in their order. */
function listRows(
  ids: Int32Array,
  size: number,
): Pick<JoinIndex, 'starts' | 'rows' | 'isUnique' | 'nullRows'> {
  const starts = new Int32Array(size + 1)
  if (size === ids.length) {
    // Every row brought a new number: row i is the only one of number i.
    for (let id = 0; id <= size; id++) starts[id] = id
    return { starts, rows: starts.subarray(0, size), nullRows: new Int32Array(0), isUnique: true }
  }
  let nullCount = 0
  for (let row = 0; row < ids.length; row++) {
    const id = ids[row]!
    if (id < 0) nullCount++
    else starts[id + 1]!++
  }
  for (let id = 0; id < size; id++) starts[id + 1]! += starts[id]!
  const rows = new Int32Array(ids.length - nullCount)
  const nullRows = new Int32Array(nullCount)
  const next = starts.slice(0, size)
  let nullAt = 0
  for (let row = 0; row < ids.length; row++) {
    const id = ids[row]!
    if (id < 0) nullRows[nullAt++] = row
    else rows[next[id]!++] = row
  }
  return { starts, rows, nullRows, isUnique: rows.length === size }
}
