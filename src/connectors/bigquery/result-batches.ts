/** Streams a job's result as batches: while one page is read into columns, the next is on its way. */
import { setTimeout as sleep } from 'node:timers/promises'
import { EngineError, SQLSTATE } from '../../errors.js'
import type { Batch } from '../../executor/batch.js'
import type { RemoteStatement, ScanOptions } from '../connector.js'
import type { TextColumn } from '../warehouse/text-column.js'
import type { BigQueryClient } from './client.js'
import { createColumn } from './column-readers.js'
import { ResultPage } from './page-reader.js'
import { RemoteError } from './source-errors.js'
import type { StatementHandle } from './statement-handle.js'

const RETRIES = 3
const RETRYABLE = new Set([429, 500, 502, 503])

/** Streams the rows of a started job. */
export async function* resultBatches(
  client: BigQueryClient,
  job: { readonly id: string; readonly location: string | undefined },
  statement: RemoteStatement,
  options: ScanOptions,
): AsyncGenerator<Batch, void, undefined> {
  const fetchPage = (token: string | undefined): Promise<ResultPage> => {
    const page = fetchWithRetries(client, job, token, options)
    // A page that fails while another is read is reported when it is its turn.
    page.catch(() => undefined)
    return page
  }
  let page = await fetchPage(undefined)
  while (!page.jobComplete) page = await fetchPage(undefined)
  const columns = columnsFor(page, statement, options.batchRows)
  const total = Number(page.member('totalRows') ?? 0)
  let rows = 0
  let pending = 0
  const take = (): Batch => {
    const batch = { length: pending, columns: columns.vectors() }
    pending = 0
    return batch
  }
  for (;;) {
    const early = page.member<string>('pageToken')
    let next = early === undefined ? undefined : fetchPage(early)
    for (;;) {
      const read = page.readRows(columns.all, options.batchRows - pending)
      if (read === 0) break
      rows += read
      pending += read
      if (pending < options.batchRows) continue
      options.signal.throwIfAborted()
      yield take()
    }
    // Where the token stands behind the rows, it is known only now.
    const late = page.member<string>('pageToken')
    next ??= late === undefined ? undefined : fetchPage(late)
    if (next === undefined) break
    page = await next
  }
  if (rows !== total) {
    throw new EngineError(
      SQLSTATE.connectionFailure,
      `The result ended after ${rows} of ${total} rows`,
    )
  }
  if (pending > 0) yield take()
}

interface Columns {
  readonly all: readonly TextColumn[]
  /** Those that the statement promised. */
  vectors(): Batch['columns']
}

function columnsFor(page: ResultPage, statement: RemoteStatement, capacity: number): Columns {
  const { schema } = page
  const { columns } = statement
  // A statement without columns selects a constant, for its rows to be counted.
  if (schema.length !== Math.max(1, columns.length)) {
    throw new EngineError(
      SQLSTATE.sourceError,
      `The source returned ${schema.length} columns where ${columns.length} were asked for`,
    )
  }
  const { scales = [] } = (statement.handle ?? {}) as Partial<StatementHandle>
  const all = schema.map((field, i) =>
    createColumn(
      columns[i]?.name ?? '?',
      columns[i]?.type ?? { oid: 20, typmod: -1 },
      field,
      scales[i],
      capacity,
    ),
  )
  return {
    all,
    vectors: () => {
      const vectors = all.map((column) => column.take())
      return columns.length === 0 ? [] : vectors
    },
  }
}

async function fetchWithRetries(
  client: BigQueryClient,
  job: { readonly id: string; readonly location: string | undefined },
  token: string | undefined,
  { signal, onBytes }: ScanOptions,
): Promise<ResultPage> {
  for (let attempt = 1; ; attempt++) {
    const { status, bytes } = await client.page(job.id, job.location, token, signal)
    if (status === 200) {
      onBytes?.(bytes.length)
      return new ResultPage(bytes)
    }
    const error = RemoteError.of(status, bytes)
    if (attempt > RETRIES || !RETRYABLE.has(status)) throw error
    await sleep(100 * 2 ** attempt, undefined, { signal })
  }
}
