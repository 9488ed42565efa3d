/**
 * Encodes column batches as complete DataRow messages, straight from the vectors' typed arrays into one buffer.
 * This is the hottest loop of the engine: nothing is allocated per value on the common paths.
 */
import type { RelayChunk } from '../connectors/connector.js'
import { takeFrameBuffer } from '../connectors/frame-buffers.js'
import { EngineError, SQLSTATE } from '../errors.js'
import type { Batch } from '../executor/batch.js'
import type { ValueSettings } from '../session/settings/value-settings.js'
import type { NameNumbers } from '../types/object-names.js'
import type { SqlType } from '../types/sql-type.js'
import { createBinaryWriter } from './encode-binary.js'
import { createTextWriter } from './encode-text.js'

/** Encodes the rows of a result, batch by batch. */
export interface RowEncoder {
  /** Gives the batch as DataRow messages in a buffer of their own, which may be transferred. */
  encode(batch: Batch): RelayChunk
}

const LETTER_D = 68
/** Type byte, length, number of columns. */
const HEADER_BYTES = 7
const LENGTH_BYTES = 4

/** Makes an encoder for columns of the given types and formats (0 text, 1 binary; a missing one is text). */
export function createRowEncoder(
  types: readonly SqlType[],
  formats: readonly number[],
  settings: ValueSettings,
  names?: NameNumbers,
): RowEncoder {
  const columnCount = types.length
  const writers = types.map((type, column) =>
    formats[column] === 1 ? createBinaryWriter(type, names) : createTextWriter(type, settings),
  )
  const nullsOfColumn: (Uint8Array | undefined)[] = types.map(() => undefined)

  /** Hands the batch's vectors to the writers and makes room for the most they can need. */
  const begin = (batch: Batch): Uint8Array<ArrayBuffer> => {
    let bound = batch.length * (HEADER_BYTES + columnCount * LENGTH_BYTES)
    for (let column = 0; column < columnCount; column++) {
      const vector = batch.columns[column]!
      nullsOfColumn[column] = vector.nulls
      bound += writers[column]!.begin(vector, batch.length, batch.selection)
    }
    return allocate(bound)
  }

  const encode = (batch: Batch): RelayChunk => {
    const buffer = begin(batch)
    const { selection, length: rows } = batch
    let at = 0
    for (let i = 0; i < rows; i++) {
      const row = selection === undefined ? i : selection[i]!
      const start = at
      buffer[at] = LETTER_D
      buffer[at + 5] = columnCount >> 8
      buffer[at + 6] = columnCount
      at += HEADER_BYTES
      for (let column = 0; column < columnCount; column++) {
        const nulls = nullsOfColumn[column]
        let size = -1
        const from = at + LENGTH_BYTES
        if (nulls === undefined || nulls[row] !== 1) {
          at = writers[column]!.write(buffer, from, row)
          size = at - from
        } else {
          at = from
        }
        buffer[from - 4] = size >> 24
        buffer[from - 3] = size >> 16
        buffer[from - 2] = size >> 8
        buffer[from - 1] = size
      }
      const size = at - start - 1
      buffer[start + 1] = size >> 24
      buffer[start + 2] = size >> 16
      buffer[start + 3] = size >> 8
      buffer[start + 4] = size
    }
    return { frames: buffer.subarray(0, at), rows, ownsBuffer: true }
  }

  return { encode }
}

function allocate(bytes: number): Uint8Array<ArrayBuffer> {
  try {
    return takeFrameBuffer(bytes)
  } catch (cause) {
    throw new EngineError(SQLSTATE.outOfMemory, `Cannot hold ${bytes} bytes of encoded rows`, {
      cause,
    })
  }
}
