/** The frame of each row: ROWS, GROUPS and RANGE with all bounds. Positions are in window order. */
import { EngineError, SQLSTATE } from '../../errors.js'
import { createComparator } from '../../expressions/compare.js'
import type { FrameBound, WindowFrame } from '../../planner/logical-plan.js'
import type { Datum } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'
import type { WindowOrder } from './partitions.js'
import type { ShiftedKeys } from './range-shift.js'

/** Row `row` of a section sees positions starts[row] .. ends[row] - 1 (none when the end is not behind the start). */
export interface Frames {
  readonly starts: Int32Array
  readonly ends: Int32Array
}

/** What RANGE with an offset compares: the one ORDER BY key, in window order. */
export interface RangeKey {
  readonly vector: Vector
  readonly descending: boolean
  /** Adds an offset to all keys, or subtracts it: for types whose arithmetic is not a number's. */
  readonly shift?: (offset: Datum, subtracts: boolean) => ShiftedKeys
}

/** Computes all frames. `offsets` are the bounds' values, evaluated once. */
export function computeFrames(
  frame: WindowFrame,
  order: WindowOrder,
  offsets: BoundOffsets,
  key: RangeKey | undefined,
): Frames {
  const bound = (side: 'start' | 'end'): Int32Array => {
    const { kind } = frame[side]
    const offset = offsets[side]
    const plain = plainBound(frame, order, offset, side)
    if (plain !== undefined) return plain
    if (frame.mode === 'groups') {
      return groupBound(order, kind === 'preceding' ? -offset.number : offset.number, side)
    }
    if (key === undefined) {
      throw new EngineError(SQLSTATE.internalError, 'RANGE with an offset needs one ORDER BY key')
    }
    return rangeBound(order, rangeTestOf(frame, side, offset, key), key.vector.nulls, side)
  }
  return { starts: bound('start'), ends: bound('end') }
}

export interface BoundOffsets {
  readonly start: Offset
  readonly end: Offset
}

/** Checks the bounds' values, evaluated once. `isShifted`: they are added by the key's own operator. */
export function checkedOffsets(
  frame: WindowFrame,
  offsets: { readonly start: Datum; readonly end: Datum },
  isShifted: boolean,
): BoundOffsets {
  return {
    start: checkedOffset(frame, frame.start, offsets.start, 'starting', isShifted),
    end: checkedOffset(frame, frame.end, offsets.end, 'ending', isShifted),
  }
}

/** A bound's offset; its number where it is one. */
export interface Offset {
  readonly datum: Datum
  readonly number: number
}

function checkedOffset(
  frame: WindowFrame,
  bound: FrameBound,
  value: Datum,
  which: 'starting' | 'ending',
  isShifted: boolean,
): Offset {
  if (bound.offset === undefined) return { datum: null, number: 0 }
  if (value === null) throw new EngineError('22004', `frame ${which} offset must not be null`)
  // What is no number is checked where it is added.
  if (isShifted) return { datum: value, number: NaN }
  const number = Number(value)
  if (number >= 0) return { datum: value, number }
  throw frame.mode === 'range'
    ? new EngineError('22013', 'invalid preceding or following size in window function')
    : new EngineError('22013', `frame ${which} offset must not be negative`)
}

/** Bounds that need no more than the order; undefined for the others: GROUPS and RANGE with an offset. */
export function plainBound(
  frame: WindowFrame,
  order: WindowOrder,
  offset: Offset,
  side: 'start' | 'end',
): Int32Array | undefined {
  const { first, length, partitionStart, partitionEnd, peerStart, peerEnd } = order
  const isStart = side === 'start'
  const behind = isStart ? 0 : 1
  switch (frame[side].kind) {
    case 'unbounded-preceding':
      return partitionStart
    case 'unbounded-following':
      return partitionEnd
    case 'current-row':
      if (frame.mode !== 'rows') return isStart ? peerStart : peerEnd
      return Int32Array.from({ length }, (_, row) => first + row + behind)
    case 'preceding':
    case 'following': {
      if (frame.mode !== 'rows') return undefined
      const by = frame[side].kind === 'preceding' ? -offset.number : offset.number
      return Int32Array.from({ length }, (_, row) =>
        within(first + row + by + behind, partitionStart[row]!, partitionEnd[row]!),
      )
    }
  }
}

function within(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high)
}

/** Counts peer groups away from the row's own. */
function groupBound(order: WindowOrder, signed: number, side: 'start' | 'end'): Int32Array {
  const { length, partitionStart, partitionEnd, peerStart } = order
  /** Starts of all peer groups, and which group each row is in. */
  const groups: number[] = []
  const groupOf = new Int32Array(length)
  for (let at = 0; at < length; at++) {
    if (peerStart[at] === at) groups.push(at)
    groupOf[at] = groups.length - 1
  }
  groups.push(length)
  return Int32Array.from({ length }, (_, at) => {
    const group = within(groupOf[at]! + signed + (side === 'start' ? 0 : 1), 0, groups.length - 1)
    return within(groups[group]!, partitionStart[at]!, partitionEnd[at]!)
  })
}

/**
 * RANGE with an offset: moves two pointers along each partition. Rows whose key is NULL see each other only, and are
 * seen by no one else.
 */
function rangeBound(
  order: WindowOrder,
  inRange: RangeTest,
  nulls: Uint8Array | undefined,
  side: 'start' | 'end',
): Int32Array {
  const { length, partitionEnd, peerStart, peerEnd } = order
  const isStart = side === 'start'
  const bounds = new Int32Array(length)
  for (let start = 0; start < length; start = partitionEnd[start]!) {
    const end = partitionEnd[start]!
    let first = start
    let last = end
    while (first < last && nulls?.[first] === 1) first++
    while (last > first && nulls?.[last - 1] === 1) last--
    let pointer = first
    for (let at = start; at < end; at++) {
      if (nulls?.[at] === 1) {
        bounds[at] = isStart ? peerStart[at]! : peerEnd[at]!
        continue
      }
      while (pointer < last && inRange(pointer, at) !== isStart) pointer++
      bounds[at] = pointer
    }
  }
  return bounds
}

/** Compares the key at one place with the shifted key at another. */
export type RangeTest = (at: number, base: number) => boolean

/** The test that decides how far a bound of RANGE with an offset goes: a start goes up to the first row that passes, an end to the first that fails. */
export function rangeTestOf(
  frame: WindowFrame,
  side: 'start' | 'end',
  offset: Offset,
  key: RangeKey,
): RangeTest {
  const subtracts = (frame[side].kind === 'preceding') !== key.descending
  const less = (side === 'start') === key.descending
  return key.shift === undefined
    ? rangeTest(key.vector, offset.number, subtracts, less)
    : shiftedTest(key.shift(offset.datum, subtracts), less)
}

/** in_range: is the value at `at` at most (`less`) or at least the base's value, `offset` subtracted (`sub`) or added? */
function rangeTest(vector: Vector, offset: number, sub: boolean, less: boolean): RangeTest {
  switch (vector.lane) {
    case 'int32':
    case 'int64': {
      if (vector.lane === 'int64' && (vector.exact !== undefined || offset > 2 ** 52)) {
        return bigRangeTest(vector.values, vector.exact, offset, sub, less)
      }
      const { values } = vector
      const signed = sub ? -offset : offset
      return (at, base) => {
        const sum = values[base]! + signed
        return less ? values[at]! <= sum : values[at]! >= sum
      }
    }
    case 'float64': {
      const { values } = vector
      return (at, base) => {
        const value = values[at]!
        const from = values[base]!
        if (value !== value) return from !== from ? true : !less
        if (from !== from) return less
        const isInfinite = offset === Infinity
        if (isInfinite && (sub ? from === Infinity : from === -Infinity)) return true
        const sum = sub ? from - offset : from + offset
        return less ? value <= sum : value >= sum
      }
    }
    default:
      throw new EngineError(SQLSTATE.internalError, `RANGE with an offset over ${vector.lane}`)
  }
}

function shiftedTest({ values, bounds }: ShiftedKeys, less: boolean): RangeTest {
  const compare = createComparator(values.type)
  return (at, base) => {
    const order = compare(values, at, bounds, base)
    return less ? order <= 0 : order >= 0
  }
}

function bigRangeTest(
  values: Float64Array,
  exact: BigInt64Array | undefined,
  offset: number,
  sub: boolean,
  less: boolean,
): RangeTest {
  const by = BigInt(offset)
  const valueAt = (at: number): bigint => exact?.[at] ?? BigInt(values[at]!)
  return (at, base) => {
    const sum = sub ? valueAt(base) - by : valueAt(base) + by
    return less ? valueAt(at) <= sum : valueAt(at) >= sum
  }
}
