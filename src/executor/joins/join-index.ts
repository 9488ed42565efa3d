/**
 * The hash table of a join: numbers the keys of the build side, and lists the build rows of each number. A single integer key of a
 * dense range needs no hashing: an array over the range does it.
 */
import type { Vector } from '../../types/vector.js'
import { OID } from '../../types/sql-type.js'
import { KeyTable } from '../keys/key-table.js'
import type { KeyColumn } from '../keys/key-table.js'
import type { Pace } from '../pace.js'

/** The range may be this many times the number of rows, for the array to pay. */
const DENSE_FACTOR = 4

const INTEGER_KEYS: ReadonlySet<number> = new Set([
  ...[OID.int2, OID.int4, OID.int8, OID.oid, OID.date],
])

/** Numbers keys that were seen while building; -1 for all others and for NULLs that match nothing. */
export type KeyLookup = (keys: readonly Vector[], count: number, ids: Int32Array) => void

/** Build rows by key. The rows of number i are rows[starts[i]] .. rows[starts[i + 1] - 1]. */
export interface JoinIndex {
  readonly lookup: KeyLookup
  readonly starts: Int32Array
  readonly rows: Int32Array
  /** No key has two rows. */
  readonly isUnique: boolean
  /** Rows that a NULL in a key keeps from matching anything. */
  readonly nullRows: Int32Array
  readonly bytes: number
}

/** Builds the index over the keys of consecutive batches; gives up when `hold` refuses the bytes that it takes. */
export async function buildJoinIndex(
  columns: readonly KeyColumn[],
  batches: readonly { readonly keys: readonly Vector[]; readonly length: number }[],
  pace: Pace,
  hold: (bytes: number) => boolean,
): Promise<JoinIndex | undefined> {
  const count = batches.reduce((sum, batch) => sum + batch.length, 0)
  const ids = new Int32Array(count)
  const dense = columns.length === 1 ? denseRange(columns[0]!, batches, count) : undefined
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
    lookup = (keys, rows, out) => table.lookup(keys, rows, out)
    size = table.size
    tableBytes = table.bytes
  }
  const index = listRows(ids, size)
  const bytes = tableBytes + index.starts.byteLength + index.rows.byteLength
  if (!hold(bytes)) return undefined
  return { ...index, lookup, bytes }
}

interface DenseRange {
  readonly minimum: number
  readonly length: number
}

function denseRange(
  column: KeyColumn,
  batches: readonly { readonly keys: readonly Vector[]; readonly length: number }[],
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
  batches: readonly { readonly keys: readonly Vector[]; readonly length: number }[],
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
