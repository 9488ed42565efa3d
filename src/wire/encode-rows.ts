/** Encodes batches as complete DataRow messages. */
import { columnAt, type Batch } from '../executor/batch.js'
import type { ValueSettings } from '../session/settings.js'
import { binaryAt } from '../types/binary-output.js'
import type { SqlType } from '../types/sql-type.js'
import { textAt } from '../types/text-output.js'
import { isNullAt } from '../types/vector-ops.js'

/** Encodes the rows of a result, batch by batch. */
export interface RowEncoder {
  /** Gives the batch as DataRow messages in a buffer of their own. */
  encode(batch: Batch): { frames: Uint8Array<ArrayBuffer>; rows: number }
}

/** Makes an encoder for columns of the given types and formats (0 text, 1 binary). */
export function createRowEncoder(
  types: readonly SqlType[],
  formats: readonly number[],
  settings: ValueSettings,
): RowEncoder {
  return {
    encode(batch) {
      const parts: Buffer[] = []
      for (let row = 0; row < batch.length; row++) {
        const head = Buffer.alloc(7)
        const values: Buffer[] = [head]
        let size = 6
        for (let column = 0; column < types.length; column++) {
          const vector = columnAt(batch, column)
          const length = Buffer.alloc(4)
          values.push(length)
          size += 4
          if (isNullAt(vector, row)) {
            length.writeInt32BE(-1)
            continue
          }
          const value = Buffer.from(
            formats[column] === 1 ? binaryAt(vector, row) : textAt(vector, row, settings),
          )
          length.writeInt32BE(value.length)
          values.push(value)
          size += value.length
        }
        head.write('D')
        head.writeInt32BE(size, 1)
        head.writeInt16BE(types.length, 5)
        parts.push(...values)
      }
      return { frames: new Uint8Array(Buffer.concat(parts)), rows: batch.length }
    },
  }
}
