/**
 * Sorts row numbers by ORDER BY keys; stable. Leading keys that fit into words are sorted by radix, least significant
 * word first; rows that tie there are compared with the remaining keys' comparators in a merge sort.
 */
import { createComparator } from '../../expressions/compare.js'
import type { Vector } from '../../types/vectors/vector.js'
import { PACE_ROWS } from '../pace.js'
import type { Pace } from '../pace.js'
import { sortWords } from './sort-words.js'
import type { SortColumn } from './sort-words.js'

/** Bytes per row and key that sorting holds at its peak, for memory budgets. */
export const SORT_BYTES_PER_ROW = 32

/** Orders two rows of the same vectors. */
export type RowComparator = (a: number, b: number) => number

const DIGIT_BITS = 11
const BUCKETS = 1 << DIGIT_BITS
const DIGIT_MASK = BUCKETS - 1

/** Gives the numbers of rows 0..count-1 in the order of the keys. */
export async function sortRows(
  columns: readonly SortColumn[],
  count: number,
  pace: Pace,
): Promise<Int32Array> {
  let order = new Int32Array(count)
  for (let i = 0; i < count; i++) order[i] = i
  if (count < 2 || columns.length === 0) return order
  const sorted: { column: SortColumn; words: readonly Uint32Array[] }[] = []
  let rest = 0
  for (const column of columns) {
    const { words, exact } = sortWords(column)
    if (pace.due()) await pace.turn()
    // A key with a comparator only still has its NULLs set apart by the radix sort.
    sorted.push({ column, words })
    if (!exact) break
    rest++
  }
  for (const { column, words } of sorted.toReversed()) {
    for (const word of words.toReversed()) order = await sortByWord(order, word, pace)
    const { nulls } = column.vector
    if (nulls !== undefined) order = splitNulls(order, nulls, column.nullsFirst)
  }
  if (rest === columns.length) return order
  const words = sorted.flatMap((key) => key.words)
  const masks = sorted.flatMap((key) => key.column.vector.nulls ?? [])
  await sortTies(order, words, masks, compareRows(columns.slice(rest)), pace)
  return order
}

/** Orders rows of the same vectors by keys, NULLs placed. */
export function compareRows(columns: readonly SortColumn[]): RowComparator {
  const parts = columns.map(({ vector, descending, nullsFirst }) =>
    compareBetween(vector, vector, descending, nullsFirst),
  )
  const first = parts[0]
  if (parts.length === 1 && first !== undefined) return first
  return (a, b) => {
    for (const part of parts) {
      const order = part(a, b)
      if (order !== 0) return order
    }
    return 0
  }
}

/** Orders row a of one vector against row b of another of the same type. */
export function compareBetween(
  left: Vector,
  right: Vector,
  descending: boolean,
  nullsFirst: boolean,
): RowComparator {
  const compare = createComparator(left.type)
  const sign = descending ? -1 : 1
  const leftNulls = left.nulls
  const rightNulls = right.nulls
  const nullOrder = nullsFirst ? -1 : 1
  return (a, b) => {
    const aIsNull = leftNulls !== undefined && leftNulls[a] === 1
    const bIsNull = rightNulls !== undefined && rightNulls[b] === 1
    if (aIsNull || bIsNull) return aIsNull === bIsNull ? 0 : aIsNull ? nullOrder : -nullOrder
    return sign * compare(left, a, right, b)
  }
}

/** One stable radix sort by a 32-bit word; digits that are the same everywhere cost nothing. */
async function sortByWord(
  order: Int32Array<ArrayBuffer>,
  word: Uint32Array,
  pace: Pace,
): Promise<Int32Array<ArrayBuffer>> {
  const count = order.length
  let keys = new Uint32Array(count)
  const digits = Math.ceil(32 / DIGIT_BITS)
  const histograms = Array.from({ length: digits }, () => new Int32Array(BUCKETS))
  const [h0, h1, h2] = histograms as [Int32Array, Int32Array, Int32Array]
  for (let from = 0; from < count; from += PACE_ROWS) {
    const to = Math.min(count, from + PACE_ROWS)
    for (let i = from; i < to; i++) {
      const key = word[order[i]!]!
      keys[i] = key
      h0[key & DIGIT_MASK]!++
      h1[(key >>> DIGIT_BITS) & DIGIT_MASK]!++
      h2[key >>> (2 * DIGIT_BITS)]!++
    }
    if (pace.due()) await pace.turn()
  }
  let source = order
  let spareOrder: Int32Array<ArrayBuffer> | undefined
  let spareKeys: Uint32Array<ArrayBuffer> | undefined
  for (let digit = 0; digit < digits; digit++) {
    const histogram = histograms[digit]!
    const shift = digit * DIGIT_BITS
    if (histogram[(keys[0]! >>> shift) & DIGIT_MASK] === count) continue
    let sum = 0
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const size = histogram[bucket]!
      histogram[bucket] = sum
      sum += size
    }
    const target: Int32Array<ArrayBuffer> = spareOrder ?? new Int32Array(count)
    const targetKeys: Uint32Array<ArrayBuffer> = spareKeys ?? new Uint32Array(count)
    for (let from = 0; from < count; from += PACE_ROWS) {
      scatter(
        source,
        keys,
        target,
        targetKeys,
        histogram,
        shift,
        from,
        Math.min(count, from + PACE_ROWS),
      )
      if (pace.due()) await pace.turn()
    }
    spareOrder = source
    spareKeys = keys
    source = target
    keys = targetKeys
  }
  return source
}

function scatter(
  source: Int32Array,
  keys: Uint32Array,
  target: Int32Array,
  targetKeys: Uint32Array,
  positions: Int32Array,
  shift: number,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    const key = keys[i]!
    const bucket = (key >>> shift) & DIGIT_MASK
    const at = positions[bucket]!
    positions[bucket] = at + 1
    target[at] = source[i]!
    targetKeys[at] = key
  }
}

function splitNulls(
  order: Int32Array<ArrayBuffer>,
  nulls: Uint8Array,
  nullsFirst: boolean,
): Int32Array<ArrayBuffer> {
  const result = new Int32Array(order.length)
  let at = 0
  const wanted = nullsFirst ? 1 : 0
  for (const row of order) if (nulls[row] === wanted) result[at++] = row
  for (const row of order) if (nulls[row] !== wanted) result[at++] = row
  return result
}

/** Sorts each run of rows that tie in all words by the comparator. */
async function sortTies(
  order: Int32Array,
  words: readonly Uint32Array[],
  masks: readonly Uint8Array[],
  compare: RowComparator,
  pace: Pace,
): Promise<void> {
  const count = order.length
  const isTie = (a: number, b: number): boolean => {
    for (const word of words) if (word[a] !== word[b]) return false
    for (const mask of masks) if (mask[a] !== mask[b]) return false
    return true
  }
  let spare: Int32Array | undefined
  let start = 0
  for (let i = 1; i <= count; i++) {
    if (i < count && isTie(order[i - 1]!, order[i]!)) continue
    if (i - start <= INSERTION_ROWS) {
      insertionSort(order, start, i, compare)
    } else {
      spare ??= new Int32Array(count)
      await mergeSort(order, spare, start, i, compare, pace)
    }
    start = i
    if ((i & 0xfff) === 0 && pace.due()) await pace.turn()
  }
}

const INSERTION_ROWS = 12

async function mergeSort(
  order: Int32Array,
  spare: Int32Array,
  start: number,
  end: number,
  compare: RowComparator,
  pace: Pace,
): Promise<void> {
  for (let from = start; from < end; from += INSERTION_ROWS) {
    insertionSort(order, from, Math.min(end, from + INSERTION_ROWS), compare)
  }
  let source = order
  let target = spare
  let sinceLook = 0
  for (let width = INSERTION_ROWS; width < end - start; width *= 2) {
    for (let from = start; from < end; from += 2 * width) {
      const middle = Math.min(end, from + width)
      const to = Math.min(end, from + 2 * width)
      let left = from
      let right = middle
      for (let at = from; at < to; at++) {
        const takeLeft =
          left < middle && (right >= to || compare(source[left]!, source[right]!) <= 0)
        target[at] = takeLeft ? source[left++]! : source[right++]!
        if (++sinceLook === PACE_ROWS) {
          sinceLook = 0
          if (pace.due()) await pace.turn()
        }
      }
    }
    const swap = source
    source = target
    target = swap
  }
  if (source !== order) order.set(source.subarray(start, end), start)
}

function insertionSort(order: Int32Array, from: number, to: number, compare: RowComparator): void {
  for (let i = from + 1; i < to; i++) {
    const row = order[i]!
    let at = i
    while (at > from && compare(order[at - 1]!, row) > 0) {
      order[at] = order[at - 1]!
      at--
    }
    order[at] = row
  }
}
