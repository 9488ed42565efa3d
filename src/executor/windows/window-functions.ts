/** The window functions proper: ranks, distribution, and values of other rows. All work in window order, section by section. */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { WindowFrame } from '../../planner/logical-plan.js'
import type { SqlType } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'
import { concatVectors, gather, isNullAt } from '../../types/vectors/vector-ops.js'
import { includedRanges } from './frame-aggregate.js'
import type { Frames } from './frames.js'
import type { WindowOrder } from './partitions.js'

/** An argument of a call. */
export interface WindowArgument {
  /** Its values in the section's rows. */
  readonly own: Vector
  /** Its values in rows anywhere, by position; NULL for -1. */
  at(positions: Int32Array): Vector | Promise<Vector>
}

export interface WindowCallInput {
  readonly order: WindowOrder
  readonly frames: Frames
  readonly frame: WindowFrame
  readonly inputs: readonly WindowArgument[]
  readonly type: SqlType
}

/** Gives the results of a section's rows. */
export type WindowFunction = (input: WindowCallInput) => Vector | Promise<Vector>

/** The window functions there are, by signature. */
export const WINDOW_FUNCTIONS: ReadonlyMap<string, WindowFunction> = new Map<
  string,
  WindowFunction
>([
  [
    'row_number()',
    numbers('int64', ({ first, partitionStart }, row) => first + row - partitionStart[row]! + 1),
  ],
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
  numberOf: (order: WindowOrder, row: number) => number,
): WindowFunction {
  return ({ order, type }) => {
    const values = new Float64Array(order.length)
    for (let row = 0; row < order.length; row++) values[row] = numberOf(order, row)
    return { lane, type, length: order.length, values }
  }
}

function denseRank({ order, type }: WindowCallInput): Vector {
  const values = new Float64Array(order.length)
  let rank = order.groupsBefore
  for (let row = 0; row < order.length; row++) {
    const at = order.first + row
    if (order.partitionStart[row] === at) rank = 0
    if (order.peerStart[row] === at) rank++
    values[row] = rank
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
async function ntile({ order, inputs, type }: WindowCallInput): Promise<Vector> {
  const { first, length, partitionStart, partitionEnd } = order
  const counts = await inputs[0]!.at(partitionStart)
  const values = new Int32Array(length)
  const nulls = new Uint8Array(length)
  for (let row = 0; row < length; row++) {
    if (isNullAt(counts, row)) {
      nulls[row] = 1
      continue
    }
    const buckets = counts.lane === 'int32' ? counts.values[row]! : 0
    if (buckets <= 0) {
      throw new EngineError('22014', 'argument of ntile must be greater than zero')
    }
    const rows = partitionEnd[row]! - partitionStart[row]!
    const small = Math.floor(rows / buckets)
    /** The first `rows % buckets` buckets have one row more. */
    const inLarge = (rows % buckets) * (small + 1)
    const index = first + row - partitionStart[row]!
    values[row] =
      index < inLarge
        ? Math.floor(index / (small + 1)) + 1
        : (rows % buckets) + Math.floor((index - inLarge) / Math.max(small, 1)) + 1
  }
  return { lane: 'int32', type, length, nulls, values }
}

/** lag and lead: the value so many rows away in the partition, the default outside of it, NULL for a NULL distance. */
async function offsetValue(
  { order, inputs, type }: WindowCallInput,
  direction: 1 | -1,
): Promise<Vector> {
  const [value, distance, fallback] = inputs as [
    WindowArgument,
    WindowArgument | undefined,
    WindowArgument | undefined,
  ]
  const { first, length, partitionStart, partitionEnd } = order
  const picks = new Int32Array(length)
  /** Where the default stands, when there is one. */
  const choices = fallback && new Int32Array(length)
  for (let row = 0; row < length; row++) {
    if (choices !== undefined) choices[row] = row
    if (distance !== undefined && isNullAt(distance.own, row)) {
      picks[row] = -1
      continue
    }
    const by =
      distance === undefined ? 1 : distance.own.lane === 'int32' ? distance.own.values[row]! : 0
    const target = first + row + direction * by
    const isInside = target >= partitionStart[row]! && target < partitionEnd[row]!
    picks[row] = isInside ? target : -1
    if (!isInside && choices !== undefined) choices[row] = length + row
  }
  const values = await value.at(picks)
  if (fallback === undefined || choices === undefined) return { ...values, type } as Vector
  return { ...gather(concatVectors([values, fallback.own]), choices), type } as Vector
}

async function frameValue(
  input: WindowCallInput,
  which: 'first' | 'last' | 'nth',
): Promise<Vector> {
  const { order, frames, frame, inputs, type } = input
  const [value, position] = inputs as [WindowArgument, WindowArgument | undefined]
  const picks = new Int32Array(order.length)
  for (let row = 0; row < order.length; row++) {
    let index = 0
    if (which === 'nth') {
      if (position?.own.lane !== 'int32' || isNullAt(position.own, row)) {
        picks[row] = -1
        continue
      }
      index = position.own.values[row]! - 1
      if (index < 0)
        throw new EngineError('22016', 'argument of nth_value must be greater than zero')
    }
    picks[row] = pick(frame, order, row, frames, which, index)
  }
  return { ...(await value.at(picks)), type } as Vector
}

function pick(
  frame: WindowFrame,
  order: WindowOrder,
  row: number,
  frames: Frames,
  which: 'first' | 'last' | 'nth',
  index: number,
): number {
  if (frame.exclude === 'no-others') {
    const start = frames.starts[row]!
    const end = frames.ends[row]!
    if (end <= start) return -1
    if (which === 'last') return end - 1
    return start + index < end ? start + index : -1
  }
  const ranges = includedRanges(frame, order, row, frames)
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
