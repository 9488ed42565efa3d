/** Batches as bytes, for temporary files that this process alone reads back. */
import { deserialize, serialize } from 'node:v8'
import type { Vector } from '../../types/vectors/vector.js'
import { batchOf, columnAt } from '../batch.js'
import type { Batch } from '../batch.js'

interface StoredBatch {
  readonly length: number
  readonly columns: readonly Vector[]
}

/** Writes a batch's logical rows; buffers that it shares with other batches are cut down to its own rows. */
export function encodeBatch(batch: Batch): Buffer {
  const stored: StoredBatch = {
    length: batch.length,
    columns: batch.columns.map((_, index) => ownBytes(columnAt(batch, index))),
  }
  return serialize(stored)
}

/** Reads a batch back; its columns share the buffer. */
export function decodeBatch(bytes: Buffer): Batch {
  const { columns, length } = deserialize(bytes) as StoredBatch
  return batchOf(columns, length)
}

function ownBytes(vector: Vector): Vector {
  if (vector.lane !== 'bytes') return vector
  const { offsets, length } = vector
  const first = offsets[0]!
  const end = offsets[length]!
  if (first === 0 && end === vector.data.length) return vector
  return {
    ...vector,
    offsets: offsets.subarray(0, length + 1).map((offset) => offset - first),
    data: vector.data.subarray(first, end),
  }
}
