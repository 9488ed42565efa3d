/**
 * Aggregates over frames. Each distinct frame gets a slot of the accumulator: a frame that only grew begins as a copy
 * of the one before, any other is added up anew, row by row in order, so that floats come out as PostgreSQL's do.
 */
import type { Accumulator } from '../aggregates/accumulator.js'
import type { Vector } from '../../types/vectors/vector.js'
import { gather } from '../../types/vectors/vector-ops.js'
import { PACE_ROWS } from '../pace.js'
import type { Pace } from '../pace.js'
import type { WindowFrame } from '../../planner/logical-plan.js'
import type { Frames } from './frames.js'
import type { WindowOrder } from './partitions.js'

/** The rows that take part in a call (FILTER passed, no NULL argument that the function skips), numbered in window order. */
export interface FrameRows {
  /** How many of them, or of all rows where they are not counted, lie before a position. */
  before(position: number): number
  /** Adds those of the numbers start..end-1 to a slot; undefined: it is done. */
  add(start: number, end: number, slot: number): Promise<void> | undefined
}

/** One aggregate over the frames of a window, section by section: forwards, or all of them backwards. */
export class FrameAggregation {
  readonly #accumulator: Accumulator
  readonly #frame: WindowFrame
  readonly #pace: Pace
  /** The slot that is always empty, where slots are used again; -1: no section follows. */
  readonly #empty: number
  /** The highest slot that was used before. */
  #used = -1
  #slot: number
  #hasFrame = false
  #from = 0
  #to = 0
  #work = 0

  constructor(accumulator: Accumulator, frame: WindowFrame, isInSections: boolean, pace: Pace) {
    this.#accumulator = accumulator
    this.#frame = frame
    this.#pace = pace
    this.#empty = this.#slot = isInSections ? 0 : -1
  }

  get bytes(): number {
    return this.#accumulator.bytes
  }

  /** Computes a section's results. `backwards`: from its last row to its first, over frames that grow that way. */
  async section(
    rows: FrameRows,
    order: WindowOrder,
    frames: Frames,
    backwards: boolean,
  ): Promise<Vector> {
    const accumulator = this.#accumulator
    const frame = this.#frame
    const hasExclusion = frame.exclude !== 'no-others'
    const slotOf = new Int32Array(order.length)
    if (this.#slot > 1) {
      // The frame of the section before goes on from here.
      accumulator.copy(this.#slot, 1)
      this.#slot = 1
    }
    for (let step = 0; step < order.length; step++) {
      const row = backwards ? order.length - 1 - step : step
      if (++this.#work >= PACE_ROWS) {
        this.#work = 0
        if (this.#pace.due()) await this.#pace.turn()
      }
      const from = this.#from
      const to = this.#to
      const start = rows.before(frames.starts[row]!)
      const end = Math.max(start, rows.before(Math.max(frames.ends[row]!, 0)))
      let adding: Promise<void> | undefined
      if (hasExclusion) {
        this.#open(this.#empty)
        for (const [low, high] of includedRanges(frame, order, row, frames)) {
          const part = this.#add(rows, rows.before(low), rows.before(high))
          if (part !== undefined) await part
        }
      } else if (this.#hasFrame && start === from && end === to) {
        // The same rows as the frame before.
      } else if (this.#hasFrame && start === from && end > to && to > from) {
        this.#open(this.#slot)
        adding = this.#add(rows, to, end)
      } else if (backwards && this.#hasFrame && end === to && start < from && to > from) {
        this.#open(this.#slot)
        adding = this.#add(rows, start, from)
      } else {
        this.#open(this.#empty)
        adding = this.#add(rows, start, end)
      }
      if (adding !== undefined) await adding
      this.#hasFrame = true
      this.#from = start
      this.#to = end
      slotOf[row] = this.#slot
    }
    this.#used = Math.max(this.#used, this.#slot)
    return gather(accumulator.finish(this.#slot + 1), slotOf)
  }

  /** Begins the next slot as a copy of another; -1: a slot that was never used is empty. */
  #open(as: number): void {
    const next = this.#slot + 1
    this.#accumulator.grow(Math.max(next, this.#used) + 1)
    if (as !== this.#empty || next <= this.#used) this.#accumulator.copy(as, next)
    this.#slot = next
  }

  #add(rows: FrameRows, start: number, end: number): Promise<void> | undefined {
    if (end <= start) return undefined
    this.#work += end - start
    return rows.add(start, end, this.#slot)
  }
}

/** The parts of a row's frame that EXCLUDE leaves, as position ranges in order. */
export function includedRanges(
  frame: WindowFrame,
  order: WindowOrder,
  row: number,
  frames: Frames,
): (readonly [number, number])[] {
  const at = order.first + row
  const start = frames.starts[row]!
  const end = Math.max(start, frames.ends[row]!)
  const cut = (low: number, high: number): (readonly [number, number])[] => {
    const ranges = [
      [start, Math.min(end, low)],
      [Math.max(start, high), end],
    ] as const
    return ranges.filter(([a, b]) => b > a)
  }
  const peerStart = order.peerStart[row]!
  const peerEnd = order.peerEnd[row]!
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
