/**
 * What every aggregate function is here: states in typed arrays, numbered slots, and loops over whole batches.
 * A slot is a group of GROUP BY, or one frame of a window.
 */
import type { Vector } from '../../types/vectors/vector.js'

/** The states of one aggregate call. */
export interface Accumulator {
  /** Makes room for slots 0..slots-1; new ones are empty. */
  grow(slots: number): void
  /**
   * Adds row rows[k] of the arguments to slot slots[k], for k < count, in that order. The caller leaves out rows with
   * a NULL in an argument that the function skips (see `AggregateDefinition.skipsNulls`).
   */
  add(inputs: readonly Vector[], rows: Int32Array, slots: Int32Array, count: number): void
  /** Makes slot `to` what slot `from` is. */
  copy(from: number, to: number): void
  /** The results of slots 0..slots-1. */
  finish(slots: number): Vector
  /** Bytes of memory held. */
  readonly bytes: number
}

/** Widens a Float64Array to at least `length`, doubling. */
export function wideFloat64(
  array: Float64Array<ArrayBuffer>,
  length: number,
): Float64Array<ArrayBuffer> {
  if (array.length >= length) return array
  const wider = new Float64Array(Math.max(length, array.length * 2, 16))
  wider.set(array)
  return wider
}

/** Widens an Int32Array to at least `length`, doubling. */
export function wideInt32(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  if (array.length >= length) return array
  const wider = new Int32Array(Math.max(length, array.length * 2, 16))
  wider.set(array)
  return wider
}

/** Widens a Uint8Array to at least `length`, doubling. */
export function wideUint8(array: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  if (array.length >= length) return array
  const wider = new Uint8Array(Math.max(length, array.length * 2, 16))
  wider.set(array)
  return wider
}

/** NULL flags of slots that saw no value; undefined when all did. */
export function nullsWhereUnseen(seen: ArrayLike<number>, slots: number): Uint8Array | undefined {
  let nulls: Uint8Array | undefined
  for (let slot = 0; slot < slots; slot++) {
    if (seen[slot] !== 0) continue
    nulls ??= new Uint8Array(slots)
    nulls[slot] = 1
  }
  return nulls
}
