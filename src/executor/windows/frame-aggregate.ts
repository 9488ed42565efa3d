/**
 * Aggregates over frames. Each distinct frame gets a slot of the accumulator: a frame that only grew begins as a copy
 * of the one before, any other is added up anew, row by row in order, so that floats come out as PostgreSQL's do.
 * `mayReverse` says that order makes no difference to the aggregate.
 */
import type { Accumulator } from '../aggregates/accumulator.js'
import type { Vector } from '../../types/vector.js'
import { gather } from '../../types/vector-ops.js'
import { PACE_ROWS } from '../pace.js'
import type { Pace } from '../pace.js'
import type { WindowFrame } from '../../planner/logical-plan.js'
import type { Frames } from './frames.js'
import type { WindowOrder } from './partitions.js'

/** Which rows take part in the call: FILTER passed, no NULL argument that the function skips. */
export interface Participation {
  /** Positions in window order, ascending. */
  readonly positions: Int32Array
  /** How many of them lie before each position; length + 1 entries. */
  readonly before: Int32Array
}

/** Computes an aggregate for every row of the window order. `inputs` are in window order. */
export async function aggregateOverFrames(
  accumulator: Accumulator,
  inputs: readonly Vector[],
  participation: Participation,
  frames: Frames,
  frame: WindowFrame,
  order: WindowOrder,
  mayReverse: boolean,
  pace: Pace,
): Promise<Vector> {
  const { positions, before } = participation
  const slotOf = new Int32Array(order.length)
  const hasExclusion = frame.exclude !== 'no-others'
  const slots = new Int32Array(positions.length)
  let slot = -1
  let from = 0
  let to = 0
  let work = 0
  const add = (start: number, end: number): void => {
    if (end <= start) return
    slots.fill(slot, start, end)
    accumulator.add(inputs, positions.subarray(start, end), slots.subarray(start, end), end - start)
    work += end - start
  }
  // Frames that all reach to the partition's end only shrink: seen backwards they grow.
  const backwards = mayReverse && !hasExclusion && frames.ends === order.partitionEnd
  for (let step = 0; step < order.length; step++) {
    const at = backwards ? order.length - 1 - step : step
    if (++work >= PACE_ROWS) {
      work = 0
      if (pace.due()) await pace.turn()
    }
    const start = before[frames.starts[at]!]!
    const end = Math.max(start, before[Math.max(frames.ends[at]!, 0)]!)
    if (hasExclusion) {
      accumulator.grow(++slot + 1)
      for (const [low, high] of includedRanges(frame, order, at, frames))
        add(before[low]!, before[high]!)
    } else if (slot >= 0 && start === from && end === to) {
      // The same rows as the frame before.
    } else if (slot >= 0 && start === from && end > to && to > from) {
      accumulator.grow(++slot + 1)
      accumulator.copy(slot - 1, slot)
      add(to, end)
    } else if (backwards && slot >= 0 && end === to && start < from && to > from) {
      accumulator.grow(++slot + 1)
      accumulator.copy(slot - 1, slot)
      add(start, from)
    } else {
      accumulator.grow(++slot + 1)
      add(start, end)
    }
    from = start
    to = end
    slotOf[at] = slot
  }
  return gather(accumulator.finish(slot + 1), slotOf)
}

/** The parts of a row's frame that EXCLUDE leaves, as position ranges in order. */
export function includedRanges(
  frame: WindowFrame,
  order: WindowOrder,
  at: number,
  frames: Frames,
): (readonly [number, number])[] {
  const start = frames.starts[at]!
  const end = Math.max(start, frames.ends[at]!)
  const cut = (low: number, high: number): (readonly [number, number])[] => {
    const ranges = [
      [start, Math.min(end, low)],
      [Math.max(start, high), end],
    ] as const
    return ranges.filter(([a, b]) => b > a)
  }
  const peerStart = order.peerStart[at]!
  const peerEnd = order.peerEnd[at]!
  switch (frame.exclude) {
    case 'no-others':
      return end > start ? [[start, end]] : []
    case 'current-row':
      return cut(at, at + 1)
    case 'group':
      return cut(peerStart, peerEnd)
    case 'ties': {
      const ranges = cut(peerStart, peerEnd)
      if (at >= start && at < end) ranges.push([at, at + 1])
      return ranges.sort((a, b) => a[0] - b[0])
    }
  }
}
