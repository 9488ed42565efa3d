/**
 * Sort keys as unsigned 32-bit words whose order is the wanted order (NULLs apart): what the radix sort works on.
 * Fixed-width types fit exactly; texts give eight bytes after the prefix they all share, and ties are compared later.
 */
import type { Decimal } from '../../types/numbers/decimal.js'
import { OID } from '../../types/sql-type.js'
import type { BytesVector, IntervalVector, Vector } from '../../types/vectors/vector.js'

/** One ORDER BY key, computed. */
export interface SortColumn {
  readonly vector: Vector
  readonly descending: boolean
  readonly nullsFirst: boolean
}

/** A key's words, most significant first, one array per word. */
export interface SortWords {
  readonly words: readonly Uint32Array[]
  /** Rows with equal words have equal keys. */
  readonly exact: boolean
}

/** Bytes-lane types whose btree order is the order of their bytes. */
const BYTE_ORDERED: ReadonlySet<number> = new Set([
  ...[OID.text, OID.varchar, OID.name, OID.bpchar, OID.bytea, OID.uuid],
])

const TWO_32 = 4_294_967_296
const DAY_MICROSECONDS = 86_400_000_000

/** Computes the words of a key. Rows that are NULL get zero. No words: the type has only a comparator. */
export function sortWords(column: SortColumn): SortWords {
  const result = ascendingWords(column.vector)
  if (column.descending) {
    for (const word of result.words) for (let i = 0; i < word.length; i++) word[i] = ~word[i]!
  }
  const { nulls } = column.vector
  if (nulls !== undefined) {
    for (const word of result.words) {
      for (let i = 0; i < word.length; i++) if (nulls[i] === 1) word[i] = 0
    }
  }
  return result
}

function ascendingWords(vector: Vector): SortWords {
  const count = vector.length
  switch (vector.lane) {
    case 'bool':
    case 'int32': {
      const word = new Uint32Array(count)
      for (let i = 0; i < count; i++) word[i] = vector.values[i]! ^ 0x80000000
      return { words: [word], exact: true }
    }
    case 'int64':
      return vector.exact === undefined
        ? { words: integerWords(vector.values, count), exact: true }
        : { words: bigintWords(vector.exact, count), exact: true }
    case 'float64':
      return { words: floatWords(vector.values, count), exact: true }
    case 'numeric':
      return vector.exact === undefined
        ? { words: integerWords(vector.unscaled, count), exact: true }
        : { words: floatWords(roundedDecimals(vector.exact, vector.nulls), count), exact: false }
    case 'interval':
      return intervalWords(vector)
    case 'bytes':
      if (!BYTE_ORDERED.has(vector.type.oid)) return { words: [], exact: false }
      return prefixWords(vector)
  }
}

function integerWords(values: Float64Array, count: number): Uint32Array[] {
  const high = new Uint32Array(count)
  const low = new Uint32Array(count)
  for (let i = 0; i < count; i++) {
    const value = values[i]!
    high[i] = Math.floor(value / TWO_32) ^ 0x80000000
    low[i] = value
  }
  return [high, low]
}

function bigintWords(values: BigInt64Array, count: number): Uint32Array[] {
  const halves = new Uint32Array(values.buffer, values.byteOffset, count * 2)
  const high = new Uint32Array(count)
  const low = new Uint32Array(count)
  for (let i = 0; i < count; i++) {
    high[i] = halves[i * 2 + 1]! ^ 0x80000000
    low[i] = halves[i * 2]!
  }
  return [high, low]
}

function floatWords(values: ArrayLike<number>, count: number): Uint32Array[] {
  const scratch = new Float64Array(1)
  const halves = new Uint32Array(scratch.buffer)
  const high = new Uint32Array(count)
  const low = new Uint32Array(count)
  for (let i = 0; i < count; i++) {
    const value = values[i]!
    // NaN sorts above everything, as the canonical NaN's bits do; adding 0 turns -0 into 0.
    scratch[0] = value !== value ? NaN : value + 0
    const isNegative = halves[1]! >>> 31 === 1
    high[i] = isNegative ? ~halves[1]! : halves[1]! ^ 0x80000000
    low[i] = isNegative ? ~halves[0]! : halves[0]!
  }
  return [high, low]
}

/** The nearest doubles: rounding keeps the order, though not the differences. */
function roundedDecimals(values: readonly Decimal[], nulls: Uint8Array | undefined): Float64Array {
  return Float64Array.from(values, (value, i) => {
    if (nulls?.[i] === 1) return 0
    if (value.kind === 'nan') return NaN
    if (value.kind === 'infinity') return Infinity
    if (value.kind === '-infinity') return -Infinity
    return Number(`${value.coefficient}e-${value.scale}`)
  })
}

function intervalWords(vector: IntervalVector): SortWords {
  const totals = new Float64Array(vector.length)
  let exact = true
  for (let i = 0; i < totals.length; i++) {
    const wholeDays = Math.floor(vector.micros[i]! / DAY_MICROSECONDS)
    const rest = vector.micros[i]! - wholeDays * DAY_MICROSECONDS
    totals[i] = (vector.months[i]! * 30 + vector.days[i]! + wholeDays) * DAY_MICROSECONDS + rest
    if (Math.abs(totals[i]!) > Number.MAX_SAFE_INTEGER) exact = false
  }
  return { words: floatWords(totals, totals.length), exact }
}

function prefixWords(vector: BytesVector): SortWords {
  const { offsets, data, length: count, nulls } = vector
  const isPadded = vector.type.oid === OID.bpchar
  const shared = sharedPrefix(vector)
  const high = new Uint32Array(count)
  const low = new Uint32Array(count)
  // A text shorter than its neighbour sorts first, as zero bytes do; only bytea may hold zero bytes itself.
  let exact = vector.type.oid !== OID.bytea
  for (let i = 0; i < count; i++) {
    if (nulls !== undefined && nulls[i] === 1) continue
    const start = offsets[i]! + shared
    let end = offsets[i + 1]!
    if (isPadded) while (end > start && data[end - 1] === 0x20) end--
    const length = end - start
    if (length > 8) exact = false
    if (length >= 8) {
      high[i] =
        (data[start]! << 24) | (data[start + 1]! << 16) | (data[start + 2]! << 8) | data[start + 3]!
      low[i] =
        (data[start + 4]! << 24) |
        (data[start + 5]! << 16) |
        (data[start + 6]! << 8) |
        data[start + 7]!
      continue
    }
    let first = 0
    let second = 0
    for (let b = 0; b < length; b++) {
      if (b < 4) first |= data[start + b]! << (24 - 8 * b)
      else second |= data[start + b]! << (56 - 8 * b)
    }
    high[i] = first
    low[i] = second
  }
  return { words: [high, low], exact }
}

/** Bytes that all values begin with: they say nothing about the order. */
function sharedPrefix(vector: BytesVector): number {
  const { offsets, data, length: count, nulls } = vector
  let first = 0
  while (first < count && nulls?.[first] === 1) first++
  if (first === count) return 0
  const start = offsets[first]!
  let shared = offsets[first + 1]! - start
  // Trailing blanks of bpchar do not count, so a shared prefix may not reach into them.
  if (vector.type.oid === OID.bpchar)
    while (shared > 0 && data[start + shared - 1] === 0x20) shared--
  for (let i = first + 1; i < count && shared > 0; i++) {
    if (nulls !== undefined && nulls[i] === 1) continue
    const from = offsets[i]!
    const length = Math.min(shared, offsets[i + 1]! - from)
    let b = 0
    while (b < length && data[from + b] === data[start + b]) b++
    shared = b
  }
  return shared
}
