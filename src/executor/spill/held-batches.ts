/** Batches that are kept in the order they came: in memory while there is room, on disk from then on. */
import { byteSizeOf } from '../../types/vectors/vector-ops.js'
import { batchOf, columnAt } from '../batch.js'
import type { Batch } from '../batch.js'
import type { SpilledBatch, SpillFile } from './spill-file.js'

/** A growing list of batches. */
export class HeldBatches {
  readonly #file: SpillFile
  readonly #tryHold: (bytes: number) => boolean
  #batches: (Batch | SpilledBatch)[] = []
  #bytes = 0

  /** `tryHold` is asked whether the batches in memory may take so many bytes in all, and told when they take fewer. */
  constructor(file: SpillFile, tryHold: (bytes: number) => boolean) {
    this.#file = file
    this.#tryHold = tryHold
  }

  get length(): number {
    return this.#batches.length
  }

  /** Bytes of the batches in memory. */
  get bytes(): number {
    return this.#bytes
  }

  /** Keeps a batch's rows, and gives them dense. */
  async append(batch: Batch): Promise<Batch> {
    const columns = batch.columns.map((_, index) => columnAt(batch, index))
    const dense = batchOf(columns, batch.length)
    const size = columns.reduce((sum, column) => sum + byteSizeOf(column), 0)
    if (this.#tryHold(this.#bytes + size)) {
      this.#bytes += size
      this.#batches.push(dense)
    } else {
      this.#batches.push(await this.#file.append(dense))
    }
    return dense
  }

  /** The batch of this number; undefined behind the last. */
  async at(index: number): Promise<Batch | undefined> {
    const batch = this.#batches[index]
    return batch === undefined ? undefined : this.#load(batch)
  }

  /** Streams the batches; any number of times. */
  async *read(): AsyncGenerator<Batch> {
    for (const batch of this.#batches) yield await this.#load(batch)
  }

  /** Streams the batches, each let go of when the next one is asked for; nothing is kept afterwards. */
  async *take(): AsyncGenerator<Batch> {
    const batches = this.#batches.toReversed()
    this.#batches = []
    for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
      yield await this.#load(batch)
      if ('offset' in batch) continue
      for (const column of batch.columns) this.#bytes -= byteSizeOf(column)
      this.#tryHold(this.#bytes)
    }
  }

  #load(batch: Batch | SpilledBatch): Promise<Batch> | Batch {
    return 'offset' in batch ? this.#file.read(batch) : batch
  }
}
