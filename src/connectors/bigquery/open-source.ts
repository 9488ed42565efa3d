/** The running half of a BigQuery source: every statement is a job. */
import { randomUUID } from 'node:crypto'
import type { ServerFacts, SourceDefinition } from '../../catalog/catalog.js'
import type { EngineError } from '../../errors.js'
import type { Batch } from '../../executor/batch.js'
import type { Datum } from '../../types/sql-type.js'
import type {
  DiscoveredSource,
  DiscoverOptions,
  OpenSource,
  RemoteStatement,
  ScanOptions,
  StatementEstimate,
} from '../connector.js'
import { abortError, unlessAborted, withPatience } from '../warehouse/abort.js'
import { bindStatement } from './bind-statement.js'
import { BigQueryClient } from './client.js'
import { connectionSettings } from './connection-settings.js'
import { discoverSource, SERVER } from './discover.js'
import { resultBatches } from './result-batches.js'
import { isAnswer, sourceError } from './source-errors.js'

/** How long a cancel may take to be heard, in ms. */
const CANCEL_PATIENCE = 900

/** An opened source. */
export class BigQuerySource implements OpenSource {
  readonly #source: SourceDefinition
  readonly #client: BigQueryClient

  constructor(source: SourceDefinition) {
    this.#source = source
    this.#client = new BigQueryClient(connectionSettings(source))
  }

  /** Streams a statement's rows. */
  async *scan(
    statement: RemoteStatement,
    values: readonly Datum[],
    options: ScanOptions,
  ): AsyncGenerator<Batch, void, undefined> {
    const { signal } = options
    if (signal.aborted) throw abortError(signal)
    const jobId = `tributary_${randomUUID().replaceAll('-', '')}`
    let finished = false
    let starting: Promise<unknown> | undefined
    try {
      const bound = bindStatement(statement, values)
      const started = this.#client.start(bound, jobId)
      starting = started
      const job = await unlessAborted(started, signal)
      const located = { id: jobId, location: job.location }
      yield* resultBatches(this.#client, located, statement, options)
      finished = true
    } catch (error) {
      if (signal.aborted) throw abortError(signal)
      finished = isAnswer(error)
      throw this.#wrap(error, jobId)
    } finally {
      if (!finished) await this.#cancel(jobId, starting)
    }
  }

  /** Asks by a dry run what a statement would read, and what that costs. */
  async estimate(
    statement: RemoteStatement,
    values: readonly Datum[],
    signal: AbortSignal,
  ): Promise<StatementEstimate> {
    try {
      const bound = bindStatement(statement, values)
      const { bytes } = await unlessAborted(this.#client.dryRun(bound), signal)
      return { bytes, dollars: (bytes / 2 ** 40) * this.#client.settings.pricePerTib }
    } catch (error) {
      throw signal.aborted ? abortError(signal) : this.#wrap(error)
    }
  }

  /** Reads schema, keys and statistics. */
  async discover(options: DiscoverOptions): Promise<DiscoveredSource> {
    try {
      return await unlessAborted(
        discoverSource(this.#client, this.#source, options),
        options.signal,
      )
    } catch (error) {
      throw options.signal.aborted ? abortError(options.signal) : this.#wrap(error)
    }
  }

  /** Has a statement analysed: that proves address, credentials and the right to run jobs, and costs nothing. */
  async ping(signal: AbortSignal): Promise<ServerFacts> {
    try {
      await unlessAborted(this.#client.dryRun({ text: 'SELECT 1', parameters: [] }), signal)
      return SERVER
    } catch (error) {
      throw signal.aborted ? abortError(signal) : this.#wrap(error)
    }
  }

  /** Nothing is held open between statements. */
  close(): Promise<void> {
    return Promise.resolve()
  }

  /**
   * Stops a job; one that never came to be, or is done, cannot be and need not. One that is still being made is not known to the
   * service yet: it is stopped as soon as it is, even when nobody waits for that any more.
   */
  #cancel(jobId: string, starting: Promise<unknown> | undefined): Promise<void> {
    const cancel = (): Promise<void> => this.#client.cancel(jobId)
    return withPatience(Promise.resolve(starting).then(cancel, cancel), CANCEL_PATIENCE)
  }

  #wrap(error: unknown, jobId?: string): EngineError {
    return sourceError(error, this.#source.name, this.#client.settings.endpoint, jobId)
  }
}
