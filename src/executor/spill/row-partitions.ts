/**
 * Rows on disk, spread over partitions by a hash of their keys: equal keys lie in one partition, and a partition is
 * small enough to be worked on in memory.
 */
import type { Column } from '../../expressions/expression.js'
import { selectRows } from '../batch.js'
import type { Batch } from '../batch.js'
import type { SpillFile } from './spill-file.js'
import { SpilledRows } from './spilled-rows.js'

const MAXIMUM_PARTITIONS = 32
const MEGABYTE = 1_048_576

/** Chooses the number of partitions, a power of two, by the statement's memory limit. */
export function partitionsFor(memoryLimit: number): number {
  let partitions = 4
  while (partitions < MAXIMUM_PARTITIONS && partitions * MEGABYTE < memoryLimit) partitions *= 2
  return partitions
}

/** Chooses how many bytes of a partition are kept back before they are written, so that all together stay a small part of the limit. */
export function pieceBytesFor(memoryLimit: number, partitions: number): number {
  return Math.max(64, Math.min(262_144, Math.floor(memoryLimit / (partitions * 32))))
}

/** The partitions of one set of rows. */
export class RowPartitions {
  readonly parts: readonly SpilledRows[]
  /** Bytes that rows kept back may take before they are written. */
  readonly bufferBytes: number
  /** How often hashes have been looked at before: rows of one partition differ in later bits only. */
  readonly #depth: number

  constructor(
    file: SpillFile,
    columns: readonly Column[],
    partitions: number,
    memoryLimit: number,
    depth = 0,
  ) {
    const pieceBytes = pieceBytesFor(memoryLimit, partitions)
    this.parts = Array.from(
      { length: partitions },
      () => new SpilledRows(file, columns, pieceBytes),
    )
    this.bufferBytes = partitions * pieceBytes
    this.#depth = depth
  }

  /** Writes the batch's rows, each where its hash belongs; rows of partitions that are not wanted are dropped. */
  async append(batch: Batch, hashes: Int32Array, wanted?: readonly boolean[]): Promise<void> {
    const { length } = batch
    const partitions = this.parts.length
    if (partitions === 1) {
      if (wanted?.[0] !== false) await this.parts[0]!.append(batch)
      return
    }
    const places = new Uint8Array(length)
    const starts = new Int32Array(partitions + 1)
    for (let row = 0; row < length; row++) {
      const place = remixed(hashes[row]!, this.#depth) & (partitions - 1)
      places[row] = place
      starts[place + 1]!++
    }
    for (let part = 0; part < partitions; part++) starts[part + 1]! += starts[part]!
    const rows = new Int32Array(length)
    const next = starts.slice(0, partitions)
    for (let row = 0; row < length; row++) rows[next[places[row]!]!++] = row
    for (const [part, store] of this.parts.entries()) {
      const own = rows.subarray(starts[part], starts[part + 1])
      if (own.length > 0 && wanted?.[part] !== false) await store.append(selectRows(batch, own))
    }
  }

  /** Writes what is still in memory. */
  async flush(): Promise<void> {
    for (const part of this.parts) await part.flush()
  }
}

/** Another hash of the same key for each depth. */
function remixed(hash: number, depth: number): number {
  let mixed = Math.imul(hash ^ Math.imul(depth + 1, 0x9e3779b1), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
