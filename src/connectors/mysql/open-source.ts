/** The running half of a MySQL or MariaDB source. */
import type { ServerFacts, SourceDefinition } from '../../catalog/catalog.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import type { Batch } from '../../executor/batch.js'
import { DEFAULT_VALUE_SETTINGS } from '../../session/settings/value-settings.js'
import type { Datum } from '../../types/sql-type.js'
import type {
  DiscoveredSource,
  DiscoverOptions,
  OpenSource,
  RelayChunk,
  RelayFormat,
  RemoteStatement,
  ScanOptions,
} from '../connector.js'
import { bindStatement } from './bind-statement.js'
import { BatchSink, type ReadOptions } from './batch-sink.js'
import { ConnectionPool } from './connection-pool.js'
import { connectionSettings, type ConnectionSettings } from './connection-settings.js'
import { discoverSource } from './discover.js'
import { discoverQuery, type ColumnQuery } from './discover-query.js'
import { FrameSink } from './frame-sink.js'
import { queryColumns, queryTexts } from './query-texts.js'
import { isRelayed } from './relay-field.js'
import { startRead, type PieceSink, type RunningRead } from './running-read.js'
import { serverFacts } from './server-facts.js'
import { sourceError } from './source-errors.js'
import type { StatementHandle } from './statement-handle.js'
import type { WireConnection } from './wire-connection.js'

/** How long a killed statement may take to die before its connection is cut. */
const KILL_PATIENCE = 900

/** An opened source: a pool, and statements on its connections. */
export class MysqlSource implements OpenSource {
  readonly #name: string
  readonly #settings: ConnectionSettings
  readonly #pool: ConnectionPool

  constructor(source: SourceDefinition) {
    this.#name = source.name
    this.#settings = connectionSettings(source)
    this.#pool = new ConnectionPool(this.#settings)
  }

  /** Streams a statement's rows. */
  scan(
    statement: RemoteStatement,
    values: readonly Datum[],
    options: ScanOptions,
  ): AsyncGenerator<Batch, void, undefined> {
    return this.#read<Batch>(
      statement,
      values,
      options,
      (read, hand) => new BatchSink(read, options.batchRows, hand),
    )
  }

  /** Streams a statement's rows as DataRow messages, where every column's values can be printed from the wire. */
  relay(
    statement: RemoteStatement,
    values: readonly Datum[],
    format: RelayFormat,
    options: ScanOptions,
  ): AsyncGenerator<RelayChunk, void, undefined> | undefined {
    const settings = options.settings ?? DEFAULT_VALUE_SETTINGS
    const isPlain = statement.columns.every(({ type }, i) =>
      isRelayed(type, format.formats[i] ?? 0, settings),
    )
    if (!isPlain) return undefined
    return this.#read<RelayChunk>(
      statement,
      values,
      options,
      (read, hand) => new FrameSink(read, settings, hand),
    )
  }

  async *#read<Piece>(
    statement: RemoteStatement,
    values: readonly Datum[],
    options: ScanOptions,
    sink: (read: ReadOptions, hand: (piece: Piece) => void) => PieceSink,
  ): AsyncGenerator<Piece, void, undefined> {
    const { signal } = options
    for (;;) {
      const connection = await this.#acquire(signal)
      let read: RunningRead<Piece> | undefined
      const abort = (): void => read?.fail(abortError(signal))
      signal.addEventListener('abort', abort, { once: true })
      try {
        const { text, parameters } = bindStatement(statement, values)
        const handle = statement.handle as StatementHandle | undefined
        const readOptions: ReadOptions = {
          columns: statement.columns,
          zeroDates: handle?.zeroDates ?? [],
          onBytes: options.onBytes,
        }
        read = startRead(connection, text, parameters, (hand) => sink(readOptions, hand))
        yield* read.pieces
        return
      } catch (error) {
        if (signal.aborted) throw abortError(signal)
        // It broke while it lay in the pool, and shows it only now: another takes its place.
        if (!connection.brokeInThePool) throw this.#wrap(error)
      } finally {
        signal.removeEventListener('abort', abort)
        if (read === undefined || read.finished()) this.#pool.release(connection)
        else await this.#cancel(connection, read)
      }
    }
  }

  /** Reads schema, keys and statistics. */
  async discover(options: DiscoverOptions): Promise<DiscoveredSource> {
    return this.#withConnection(options.signal, async (query, describe) => {
      const found = await discoverSource(query, this.#settings.database, options)
      const defined = options.declared.filter((table) => table.query !== undefined)
      const tables = [...found.tables]
      for (const table of defined) tables.push(await discoverQuery(describe, this.#name, table))
      return { ...found, tables }
    })
  }

  /** Asks for the server's version. */
  async ping(signal: AbortSignal): Promise<ServerFacts> {
    return this.#withConnection(signal, serverFacts)
  }

  /** Closes the pool. */
  close(): Promise<void> {
    this.#pool.close()
    return Promise.resolve()
  }

  async #acquire(signal: AbortSignal): Promise<WireConnection> {
    try {
      return await this.#pool.acquire(signal)
    } catch (error) {
      throw signal.aborted ? abortError(signal) : this.#wrap(error)
    }
  }

  /** Runs text queries one after another on one connection. */
  async #withConnection<T>(
    signal: AbortSignal,
    use: (
      query: (sql: string, values?: readonly string[]) => Promise<(string | null)[][]>,
      describe: ColumnQuery,
    ) => Promise<T>,
  ): Promise<T> {
    const connection = await this.#acquire(signal)
    const abort = (): void => connection.destroy()
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await use(
        (sql, values) => queryTexts(connection, sql, values),
        (sql) => queryColumns(connection, sql),
      )
    } catch (error) {
      throw signal.aborted ? abortError(signal) : this.#wrap(error)
    } finally {
      signal.removeEventListener('abort', abort)
      this.#pool.release(connection)
    }
  }

  /** Stops a statement at the server and brings its connection to rest, or cuts it. */
  async #cancel(connection: WireConnection, read: RunningRead<unknown>): Promise<void> {
    const patience = AbortSignal.timeout(KILL_PATIENCE)
    const expired = new Promise<never>((_resolve, reject) => {
      patience.addEventListener('abort', () => reject(new Error('Timed out')), { once: true })
    })
    expired.catch(() => undefined)
    try {
      const drained = read.drain()
      await Promise.race([this.#pool.kill(connection, patience), expired])
      await Promise.race([drained, expired])
      // A kill that came after the statement's end must not hit the next one: this takes it.
      await Promise.race([connection.command('DO 0').catch(() => undefined), expired])
      this.#pool.release(connection)
    } catch {
      this.#pool.discard(connection)
    }
  }

  #wrap(error: unknown): EngineError {
    return sourceError(error, this.#name, this.#settings.address)
  }
}

/** What the client gets when its statement was aborted. */
function abortError(signal: AbortSignal): EngineError {
  return signal.reason instanceof EngineError
    ? signal.reason
    : new EngineError(SQLSTATE.queryCanceled, 'canceling statement due to user request')
}
