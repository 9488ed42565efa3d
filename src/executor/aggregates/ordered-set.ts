/**
 * percentile_cont, percentile_disc and mode, computed while the rows of all groups pass by, sorted. Memory: one value for each
 * group, however many rows it has.
 */
import { EngineError, SQLSTATE } from '../../errors.js'
import { createComparator } from '../../expressions/compare.js'
import type { Datum, SqlType } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'
import { gather } from '../../types/vectors/vector-ops.js'
import type { Batch } from '../batch.js'
import { RowReferences } from './row-references.js'

/** What is known before the first row comes. */
export interface OrderedSetCall {
  /** How many rows each slot has. */
  readonly counts: Int32Array
  readonly slots: number
  readonly valueType: SqlType
  readonly direct: readonly Datum[]
  readonly type: SqlType
}

/** One call's results in the making. Rows come by slot, and in the order of WITHIN GROUP. */
export interface OrderedSetScan {
  /** Takes rows from..to-1 of `values`: the next ones of `slot`. */
  add(slot: number, values: Vector, from: number, to: number): void
  /** Is told that `values` has been seen to its end. */
  endBatch(values: Vector): void
  finish(): Vector
  readonly bytes: number
}

export type OrderedSetFunction = (call: OrderedSetCall) => OrderedSetScan

/** The ordered-set aggregates there are, by signature. */
export const ORDERED_SET_FUNCTIONS: Readonly<Record<string, OrderedSetFunction>> = {
  'percentile_cont(float8,float8)': percentileCont,
  'percentile_disc(float8,anyelement)': percentileDisc,
  'mode(anyelement)': (call) => new ModeScan(call),
}

/** Shows sorted batches of slot and values to a call. */
export async function scanOrdered(
  batches: AsyncIterable<Batch>,
  scan: OrderedSetScan,
  afterBatch: () => Promise<void>,
): Promise<Vector> {
  for await (const batch of batches) {
    const slots = batch.columns[0]!
    const values = batch.columns.at(-1)!
    if (slots.lane !== 'int32') continue
    for (let from = 0; from < batch.length;) {
      const slot = slots.values[from]!
      let to = from + 1
      while (to < batch.length && slots.values[to] === slot) to++
      scan.add(slot, values, from, to)
      from = to
    }
    scan.endBatch(values)
    await afterBatch()
  }
  return scan.finish()
}

/** Counts how many rows of the slot that is passing by came before. */
class Progress {
  #slot = -1
  #seen = 0

  /** The rows before, and counts further ones. */
  advance(slot: number, rows: number): number {
    if (slot !== this.#slot) this.#seen = 0
    this.#slot = slot
    const before = this.#seen
    this.#seen += rows
    return before
  }
}

function percentileCont({ counts, slots, direct, type }: OrderedSetCall): OrderedSetScan {
  const fraction = percentile(direct[0] ?? null)
  const progress = new Progress()
  const results = new Float64Array(slots)
  const nulls = new Uint8Array(slots).fill(1)
  return {
    add(slot, values, from, to) {
      if (fraction === undefined || values.lane !== 'float64') return
      const before = progress.advance(slot, to - from)
      const position = fraction * (counts[slot]! - 1)
      const first = Math.floor(position)
      const second = Math.ceil(position)
      const valueAt = (index: number): number | undefined =>
        index >= before && index < before + to - from
          ? values.values[from + index - before]
          : undefined
      const low = valueAt(first)
      if (low !== undefined) results[slot] = low
      if (low !== undefined) nulls[slot] = 0
      if (first === second) return
      const high = valueAt(second)
      // The lower value may be the last of the batch before.
      if (high !== undefined) results[slot]! += (position - first) * (high - results[slot]!)
    },
    endBatch: () => undefined,
    finish: () => ({ lane: 'float64', type, length: slots, nulls, values: results }),
    bytes: results.byteLength + nulls.byteLength,
  }
}

function percentileDisc({ counts, slots, direct, type }: OrderedSetCall): OrderedSetScan {
  const fraction = percentile(direct[0] ?? null)
  const progress = new Progress()
  const picked = new RowReferences(type)
  picked.grow(slots)
  return {
    add(slot, values, from, to) {
      if (fraction === undefined) return
      const before = progress.advance(slot, to - from)
      const index = Math.max(0, Math.ceil(fraction * counts[slot]!) - 1)
      if (index < before || index >= before + to - from) return
      picked.set(slot, picked.open(values), from + index - before)
    },
    endBatch: () => undefined,
    finish: () => picked.finish(slots),
    get bytes() {
      return picked.bytes
    },
  }
}

/** The most frequent value of each slot, the first of equally frequent ones: the longest run of equal rows. */
class ModeScan implements OrderedSetScan {
  readonly #slots: number
  readonly #picked: RowReferences
  readonly #compare: ReturnType<typeof createComparator>
  #slot = -1
  #longest = 0
  /** The run that is passing by: its length, and where its first row is. */
  #run = 0
  #values: Vector | undefined
  #row = 0

  constructor({ slots, valueType, type }: OrderedSetCall) {
    this.#slots = slots
    this.#picked = new RowReferences(type)
    this.#picked.grow(slots)
    this.#compare = createComparator(valueType)
  }

  add(slot: number, values: Vector, from: number, to: number): void {
    if (slot !== this.#slot) {
      this.#endRun()
      this.#slot = slot
      this.#longest = 0
    }
    for (let at = from; at < to; at++) {
      if (this.#run > 0 && this.#compare(this.#values!, this.#row, values, at) === 0) {
        this.#run++
        continue
      }
      this.#endRun()
      this.#run = 1
      this.#values = values
      this.#row = at
    }
  }

  #endRun(): void {
    if (this.#run > this.#longest) {
      this.#longest = this.#run
      this.#picked.set(this.#slot, this.#picked.open(this.#values!), this.#row)
    }
    this.#run = 0
  }

  endBatch(values: Vector): void {
    if (this.#values !== values) return
    // The run may go on; its batch need not stay for that.
    this.#values = gather(values, Int32Array.of(this.#row))
    this.#row = 0
  }

  finish(): Vector {
    this.#endRun()
    return this.#picked.finish(this.#slots)
  }

  get bytes(): number {
    return this.#picked.bytes
  }
}

function percentile(datum: Datum): number | undefined {
  if (datum === null) return undefined
  const value = Number(datum)
  if (!(value >= 0 && value <= 1)) {
    throw new EngineError(
      SQLSTATE.numericValueOutOfRange,
      `percentile value ${datum} is not between 0 and 1`,
    )
  }
  return value
}
