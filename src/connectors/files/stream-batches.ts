/** Runs a prepared statement in DuckDB and gathers its chunks (2,048 rows) into batches. */
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Batch } from '../../executor/batch.js'
import type { Datum } from '../../types/sql-type.js'
import type { RemoteStatement, ScanOptions } from '../connector.js'
import { bindValue } from './bind-values.js'
import { chunkVector } from './chunk-vector.js'
import { createColumnReader } from './column-readers.js'

/** Rows of DuckDB's largest chunk. */
const CHUNK_ROWS = 2048

/** Streams the rows; DuckDB works ahead only as far as its own small buffer. */
export async function* streamBatches(
  connection: DuckDBConnection,
  statement: RemoteStatement,
  values: readonly Datum[],
  options: ScanOptions,
): AsyncGenerator<Batch, void, undefined> {
  const prepared = await connection.prepare(statement.text)
  try {
    statement.parameters.forEach((parameter, i) => {
      bindValue(prepared, i + 1, values[i] ?? null, parameter.type)
    })
    const result = await prepared.stream()
    const capacity = options.batchRows + CHUNK_ROWS
    const readers = statement.columns.map((column, i) =>
      createColumnReader(column.type, result.columnType(i), column.name, capacity),
    )
    let rows = 0
    const take = (): Batch => {
      const batch: Batch = { length: rows, columns: readers.map((reader) => reader.take(rows)) }
      rows = 0
      options.onBytes?.(bytesOf(batch))
      return batch
    }
    for (;;) {
      options.signal.throwIfAborted()
      const chunk = await result.fetchChunk()
      const size = chunk?.rowCount ?? 0
      if (chunk === null || size === 0) break
      for (let c = 0; c < readers.length; c++) {
        readers[c]!.append(chunkVector(chunk, c, size), rows)
      }
      rows += size
      if (rows >= options.batchRows) yield take()
    }
    if (rows > 0) yield take()
  } finally {
    prepared.destroySync()
  }
}

/** Bytes of a batch's values: what was read out of DuckDB. */
function bytesOf(batch: Batch): number {
  let bytes = 0
  for (const column of batch.columns) {
    switch (column.lane) {
      case 'bytes':
        bytes += column.data.byteLength + column.offsets.byteLength
        break
      case 'numeric':
        bytes += column.unscaled.byteLength
        break
      case 'interval':
        bytes += column.length * 16
        break
      default:
        bytes += column.values.byteLength
    }
  }
  return bytes
}
