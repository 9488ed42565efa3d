/** The window functions proper: ranks, distribution, and values of other rows. All work in window order. */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { WindowFrame } from '../../planner/logical-plan.js'
import type { SqlType } from '../../types/sql-type.js'
import type { Vector } from '../../types/vector.js'
import { concatVectors, gather, isNullAt } from '../../types/vector-ops.js'
import { includedRanges } from './frame-aggregate.js'
import type { Frames } from './frames.js'
import type { WindowOrder } from './partitions.js'

export interface WindowCallInput {
  readonly order: WindowOrder
  readonly frames: Frames
  readonly frame: WindowFrame
  /** Arguments in window order. */
  readonly inputs: readonly Vector[]
  readonly type: SqlType
}

export type WindowFunction = (input: WindowCallInput) => Vector

/** The window functions there are, by signature. */
export const WINDOW_FUNCTIONS: ReadonlyMap<string, WindowFunction> = new Map<
  string,
  WindowFunction
>([
  ['row_number()', numbers('int64', ({ partitionStart }, at) => at - partitionStart[at]! + 1)],
  [
    'rank()',
    numbers(
      'int64',
      ({ partitionStart, peerStart }, at) => peerStart[at]! - partitionStart[at]! + 1,
    ),
  ],
  ['dense_rank()', denseRank],
  ['percent_rank()', numbers('float64', percentRank)],
  ['cume_dist()', numbers('float64', cumulativeDistribution)],
  ['ntile(int4)', ntile],
  ['lag(anyelement)', (input) => offsetValue(input, -1)],
  ['lag(anyelement,int4)', (input) => offsetValue(input, -1)],
  ['lag(anycompatible,int4,anycompatible)', (input) => offsetValue(input, -1)],
  ['lead(anyelement)', (input) => offsetValue(input, 1)],
  ['lead(anyelement,int4)', (input) => offsetValue(input, 1)],
  ['lead(anycompatible,int4,anycompatible)', (input) => offsetValue(input, 1)],
  ['first_value(anyelement)', (input) => frameValue(input, 'first')],
  ['last_value(anyelement)', (input) => frameValue(input, 'last')],
  ['nth_value(anyelement,int4)', (input) => frameValue(input, 'nth')],
])

function numbers(
  lane: 'int64' | 'float64',
  numberAt: (order: WindowOrder, at: number) => number,
): WindowFunction {
  return ({ order, type }) => {
    const values = new Float64Array(order.length)
    for (let at = 0; at < order.length; at++) values[at] = numberAt(order, at)
    return { lane, type, length: order.length, values }
  }
}

function denseRank({ order, type }: WindowCallInput): Vector {
  const values = new Float64Array(order.length)
  let rank = 0
  for (let at = 0; at < order.length; at++) {
    if (order.partitionStart[at] === at) rank = 0
    if (order.peerStart[at] === at) rank++
    values[at] = rank
  }
  return { lane: 'int64', type, length: order.length, values }
}

function percentRank({ partitionStart, partitionEnd, peerStart }: WindowOrder, at: number): number {
  const rows = partitionEnd[at]! - partitionStart[at]!
  return rows <= 1 ? 0 : (peerStart[at]! - partitionStart[at]!) / (rows - 1)
}

function cumulativeDistribution(order: WindowOrder, at: number): number {
  const { partitionStart, partitionEnd, peerEnd } = order
  return (peerEnd[at]! - partitionStart[at]!) / (partitionEnd[at]! - partitionStart[at]!)
}

/** The bucket count is taken from the first row of each partition, as PostgreSQL does. */
function ntile({ order, inputs, type }: WindowCallInput): Vector {
  const argument = inputs[0]!
  const values = new Int32Array(order.length)
  const nulls = new Uint8Array(order.length)
  for (let start = 0; start < order.length; start = order.partitionEnd[start]!) {
    const end = order.partitionEnd[start]!
    if (isNullAt(argument, start)) {
      nulls.fill(1, start, end)
      continue
    }
    const buckets = argument.lane === 'int32' ? argument.values[start]! : 0
    if (buckets <= 0) {
      throw new EngineError('22014', 'argument of ntile must be greater than zero')
    }
    const rows = end - start
    const small = Math.floor(rows / buckets)
    /** The first `rows % buckets` buckets have one row more. */
    const inLarge = (rows % buckets) * (small + 1)
    for (let at = start; at < end; at++) {
      const index = at - start
      values[at] =
        index < inLarge
          ? Math.floor(index / (small + 1)) + 1
          : (rows % buckets) + Math.floor((index - inLarge) / Math.max(small, 1)) + 1
    }
  }
  return { lane: 'int32', type, length: order.length, nulls, values }
}

/** lag and lead: the value so many rows away in the partition, the default outside of it, NULL for a NULL distance. */
function offsetValue({ order, inputs, type }: WindowCallInput, direction: 1 | -1): Vector {
  const [value, distance, fallback] = inputs as [Vector, Vector | undefined, Vector | undefined]
  const { length, partitionStart, partitionEnd } = order
  const picks = new Int32Array(length)
  const source = fallback === undefined ? value : concatVectors([value, fallback])
  for (let at = 0; at < length; at++) {
    if (distance !== undefined && isNullAt(distance, at)) {
      picks[at] = -1
      continue
    }
    const by = distance === undefined ? 1 : distance.lane === 'int32' ? distance.values[at]! : 0
    const target = at + direction * by
    const isInside = target >= partitionStart[at]! && target < partitionEnd[at]!
    picks[at] = isInside ? target : fallback === undefined ? -1 : length + at
  }
  return { ...gather(source, picks), type } as Vector
}

function frameValue(input: WindowCallInput, which: 'first' | 'last' | 'nth'): Vector {
  const { order, frames, frame, inputs, type } = input
  const [value, position] = inputs as [Vector, Vector | undefined]
  const picks = new Int32Array(order.length)
  for (let at = 0; at < order.length; at++) {
    let index = 0
    if (which === 'nth') {
      if (position?.lane !== 'int32' || isNullAt(position, at)) {
        picks[at] = -1
        continue
      }
      index = position.values[at]! - 1
      if (index < 0)
        throw new EngineError('22016', 'argument of nth_value must be greater than zero')
    }
    picks[at] = pick(frame, order, at, frames, which, index)
  }
  return { ...gather(value, picks), type } as Vector
}

function pick(
  frame: WindowFrame,
  order: WindowOrder,
  at: number,
  frames: Frames,
  which: 'first' | 'last' | 'nth',
  index: number,
): number {
  if (frame.exclude === 'no-others') {
    const start = frames.starts[at]!
    const end = frames.ends[at]!
    if (end <= start) return -1
    if (which === 'last') return end - 1
    return start + index < end ? start + index : -1
  }
  const ranges = includedRanges(frame, order, at, frames)
  if (which === 'last') return (ranges.at(-1)?.[1] ?? 0) - 1
  let left = index
  for (const [start, end] of ranges) {
    if (start + left < end) return start + left
    left -= end - start
  }
  return -1
}

/** Throws for a function the planner should not have sent here. */
export function windowFunctionOf(signature: string): WindowFunction {
  const known = WINDOW_FUNCTIONS.get(signature)
  if (known !== undefined) return known
  throw new EngineError(SQLSTATE.featureNotSupported, `Window function ${signature} is not native`)
}
