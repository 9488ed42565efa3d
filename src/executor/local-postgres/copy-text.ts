/** Batches in the text format of COPY. */
import { enumOf } from '../../types/enum-types.js'
import type { Vector } from '../../types/vectors/vector.js'
import { datumAt } from '../../types/vectors/vector-ops.js'
import { columnAt } from '../batch.js'
import type { Batch } from '../batch.js'

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
}

/** Encodes a batch's rows; values are canonical text, NULL is \N. */
export function copyText(batch: Batch): Buffer {
  const columns = batch.columns.map((_, index) => columnAt(batch, index))
  const lines: string[] = []
  for (let row = 0; row < batch.length; row++) {
    lines.push(columns.map((column) => copyValue(column, row)).join('\t'))
  }
  lines.push('')
  return Buffer.from(lines.join('\n'))
}

function copyValue(column: Vector, row: number): string {
  const value = datumAt(column, row)
  if (value === null) return '\\N'
  if (column.lane !== 'bytes' && enumOf(column.type.oid) === undefined) return value
  return value.replace(/[\\\b\f\n\r\t\v]/g, (character) => ESCAPES[character] ?? character)
}
