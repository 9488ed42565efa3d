/** Streams a result as batches: the rows that came with the answer, then the chunks, several on their way at once and read in order. */
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { EngineError, SQLSTATE } from '../../errors.js'
import type { Batch } from '../../executor/batch.js'
import type { RemoteStatement, ScanOptions } from '../connector.js'
import { getBytes } from '../warehouse/http-bytes.js'
import type { TextColumn } from '../warehouse/text-column.js'
import { createColumn } from './column-readers.js'
import { readHead, type ResultChunk, type ResultHead } from './result-head.js'
import { RowReader } from './row-reader.js'
import { RemoteError } from './source-errors.js'
import type { StatementHandle } from './statement-handle.js'

/** Chunks on their way while one is read. */
const AHEAD = 4
const RETRIES = 3

const unzip = promisify(gunzip)

/** Streams the rows of an answer. */
export async function* resultBatches(
  answer: Uint8Array,
  statement: RemoteStatement,
  options: ScanOptions,
): AsyncGenerator<Batch, void, undefined> {
  const head = readHead(answer)
  const columns = columnsFor(head, statement, options.batchRows)
  const collector = { columns, pending: 0, rows: 0 }
  const take = (): Batch => {
    const vectors = columns.map((column) => column.take())
    const batch = { length: collector.pending, columns: statement.columns.length === 0 ? [] : vectors } // prettier-ignore
    collector.pending = 0
    return batch
  }
  const drain = function* (reader: RowReader): Generator<Batch> {
    for (;;) {
      const read = reader.read(columns, options.batchRows - collector.pending)
      if (read === 0) return
      collector.rows += read
      collector.pending += read
      if (collector.pending < options.batchRows) continue
      options.signal.throwIfAborted()
      yield take()
    }
  }
  options.onBytes?.(answer.length)
  const coming: Promise<Uint8Array>[] = []
  let next = 0
  const order = (): void => {
    while (coming.length < AHEAD && next < head.chunks.length) {
      const chunk = fetchChunk(head.chunks[next++]!, head, options)
      // One that fails while another is read is reported when it is its turn.
      chunk.catch(() => undefined)
      coming.push(chunk)
    }
  }
  order()
  yield* drain(new RowReader(answer, head.rows.start, head.rows.end))
  for (const chunk of head.chunks) {
    const bytes = await coming.shift()!
    order()
    const before = collector.rows
    yield* drain(new RowReader(bytes))
    expectRows(collector.rows - before, chunk.rowCount, 'A chunk of the result')
  }
  expectRows(collector.rows, head.total, 'The result')
  if (collector.pending > 0) yield take()
}

function expectRows(found: number, expected: number, what: string): void {
  if (found === expected) return
  throw new EngineError(
    SQLSTATE.connectionFailure,
    `${what} ended after ${found} of ${expected} rows`,
  )
}

function columnsFor(
  head: ResultHead,
  statement: RemoteStatement,
  capacity: number,
): readonly TextColumn[] {
  const { columns } = statement
  // A statement without columns selects a constant, for its rows to be counted.
  if (head.columns.length !== Math.max(1, columns.length)) {
    throw new EngineError(
      SQLSTATE.sourceError,
      `The source returned ${head.columns.length} columns where ${columns.length} were asked for`,
    )
  }
  const { scales = [] } = (statement.handle ?? {}) as Partial<StatementHandle>
  return head.columns.map((column, i) =>
    createColumn(
      columns[i]?.name ?? '?',
      columns[i]?.type ?? { oid: 25, typmod: -1 },
      column,
      scales[i],
      capacity,
    ),
  )
}

async function fetchChunk(
  chunk: ResultChunk,
  head: ResultHead,
  { signal, onBytes }: ScanOptions,
): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    const { status, bytes } = await getBytes(chunk.url, head.chunkHeaders, signal)
    if (status === 200) {
      onBytes?.(bytes.length)
      // Some stores do not say that what they keep is compressed.
      return bytes[0] === 0x1f && bytes[1] === 0x8b ? new Uint8Array(await unzip(bytes)) : bytes
    }
    const isRetryable = status >= 500 || status === 429
    if (attempt > RETRIES || !isRetryable) {
      throw new RemoteError(status, '', `A chunk of the result was not given: ${status}`)
    }
    await sleep(100 * 2 ** attempt, undefined, { signal })
  }
}
