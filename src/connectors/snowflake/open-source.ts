/** The running half of a Snowflake source: a pool of sessions, and statements on them. */
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
} from '../connector.js'
import { abortError } from '../warehouse/abort.js'
import { bindStatement } from './bind-statement.js'
import { connectionSettings, type SnowflakeSettings } from './connection-settings.js'
import { discoverSource, serverFacts } from './discover.js'
import { resultBatches } from './result-batches.js'
import type { Session } from './session.js'
import { SessionPool } from './session-pool.js'
import { sourceError } from './source-errors.js'

/** An opened source. */
export class SnowflakeSource implements OpenSource {
  readonly #source: SourceDefinition
  readonly #settings: SnowflakeSettings
  readonly #pool: SessionPool

  constructor(source: SourceDefinition) {
    this.#source = source
    this.#settings = connectionSettings(source)
    this.#pool = new SessionPool(this.#settings)
  }

  /** Streams a statement's rows. The session is free again as soon as the result stands; chunks need none. */
  async *scan(
    statement: RemoteStatement,
    values: readonly Datum[],
    options: ScanOptions,
  ): AsyncGenerator<Batch, void, undefined> {
    // What is on its way when the consumer leaves is dropped, too.
    const leave = new AbortController()
    const signal = AbortSignal.any([options.signal, leave.signal])
    try {
      const { bytes } = await this.#use(options.signal, (session) => {
        const { text, bindings } = bindStatement(statement, values)
        return session.query(text, bindings, options.signal)
      })
      yield* resultBatches(bytes, statement, { ...options, signal })
    } catch (error) {
      throw options.signal.aborted ? abortError(options.signal) : this.#wrap(error)
    } finally {
      leave.abort()
    }
  }

  /** Reads schema, keys and statistics. */
  discover(options: DiscoverOptions): Promise<DiscoveredSource> {
    return this.#use(options.signal, (session) =>
      discoverSource(session, this.#settings, this.#source, options),
    )
  }

  /** Logs in and asks for the server's version. */
  ping(signal: AbortSignal): Promise<ServerFacts> {
    return this.#use(signal, (session) => serverFacts(session, signal))
  }

  /** Ends the sessions. */
  close(): Promise<void> {
    return this.#pool.close()
  }

  async #use<T>(signal: AbortSignal, use: (session: Session) => Promise<T>): Promise<T> {
    if (signal.aborted) throw abortError(signal)
    let session: Session | undefined
    try {
      session = await this.#pool.acquire(signal)
      return await use(session)
    } catch (error) {
      throw signal.aborted ? abortError(signal) : this.#wrap(error)
    } finally {
      if (session !== undefined) await this.#pool.release(session)
    }
  }

  #wrap(error: unknown): EngineError {
    return sourceError(error, this.#source.name, this.#settings.url)
  }
}
