/** The frame of each row: ROWS, GROUPS and RANGE with all bounds. Positions are in window order. */
import { EngineError, SQLSTATE } from '../../errors.js'
import { createComparator } from '../../expressions/compare.js'
import type { FrameBound, WindowFrame } from '../../planner/logical-plan.js'
import type { Datum } from '../../types/sql-type.js'
import type { Vector } from '../../types/vector.js'
import type { WindowOrder } from './partitions.js'
import type { ShiftedKeys } from './range-shift.js'

/** Row `at` sees positions starts[at] .. ends[at] - 1 (none when the end is not behind the start). */
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
  offsets: { readonly start: Datum; readonly end: Datum },
  key: RangeKey | undefined,
): Frames {
  const isShifted = key?.shift !== undefined
  const start = checkedOffset(frame, frame.start, offsets.start, 'starting', isShifted)
  const end = checkedOffset(frame, frame.end, offsets.end, 'ending', isShifted)
  return {
    starts: computeBound(frame, frame.start, start, order, key, 'start'),
    ends: computeBound(frame, frame.end, end, order, key, 'end'),
  }
}

/** A bound's offset; its number where it is one. */
interface Offset {
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

function computeBound(
  frame: WindowFrame,
  bound: FrameBound,
  offset: Offset,
  order: WindowOrder,
  key: RangeKey | undefined,
  side: 'start' | 'end',
): Int32Array {
  const { length, partitionStart, partitionEnd, peerStart, peerEnd } = order
  const isStart = side === 'start'
  switch (bound.kind) {
    case 'unbounded-preceding':
      return partitionStart
    case 'unbounded-following':
      return partitionEnd
    case 'current-row':
      if (frame.mode !== 'rows') return isStart ? peerStart : peerEnd
      return Int32Array.from({ length }, (_, at) => (isStart ? at : at + 1))
    case 'preceding':
    case 'following': {
      const signed = bound.kind === 'preceding' ? -offset.number : offset.number
      if (frame.mode === 'rows') {
        return Int32Array.from({ length }, (_, at) =>
          within(at + signed + (isStart ? 0 : 1), partitionStart[at]!, partitionEnd[at]!),
        )
      }
      if (frame.mode === 'groups') return groupBound(order, signed, isStart)
      if (key === undefined) {
        throw new EngineError(SQLSTATE.internalError, 'RANGE with an offset needs one ORDER BY key')
      }
      return rangeBound(order, offset, bound.kind === 'preceding', key, isStart)
    }
  }
}

function within(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high)
}

/** Counts peer groups away from the row's own. */
function groupBound(order: WindowOrder, signed: number, isStart: boolean): Int32Array {
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
    const group = within(groupOf[at]! + signed + (isStart ? 0 : 1), 0, groups.length - 1)
    return within(groups[group]!, partitionStart[at]!, partitionEnd[at]!)
  })
}

/**
 * RANGE with an offset: moves two pointers along each partition. Rows whose key is NULL see each other only, and are
 * seen by no one else.
 */
function rangeBound(
  order: WindowOrder,
  offset: Offset,
  isPreceding: boolean,
  key: RangeKey,
  isStart: boolean,
): Int32Array {
  const { length, partitionEnd, peerStart, peerEnd } = order
  const { nulls } = key.vector
  const subtracts = isPreceding !== key.descending
  const less = isStart === key.descending
  const inRange =
    key.shift === undefined
      ? rangeTest(key.vector, offset.number, subtracts, less)
      : shiftedTest(key.shift(offset.datum, subtracts), less)
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
      if (isStart) while (pointer < last && !inRange(pointer, at)) pointer++
      else while (pointer < last && inRange(pointer, at)) pointer++
      bounds[at] = pointer
    }
  }
  return bounds
}

/** in_range: is the value at `at` at most (`less`) or at least the base's value, `offset` subtracted (`sub`) or added? */
function rangeTest(
  vector: Vector,
  offset: number,
  sub: boolean,
  less: boolean,
): (at: number, base: number) => boolean {
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

function shiftedTest(
  { values, bounds }: ShiftedKeys,
  less: boolean,
): (at: number, base: number) => boolean {
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
): (at: number, base: number) => boolean {
  const by = BigInt(offset)
  const valueAt = (at: number): bigint => exact?.[at] ?? BigInt(values[at]!)
  return (at, base) => {
    const sum = sub ? valueAt(base) - by : valueAt(base) + by
    return less ? valueAt(at) <= sum : valueAt(at) >= sum
  }
}
