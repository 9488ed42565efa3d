/** The running half of a source of files: DuckDB reads them, its chunks become batches. */
import type { DuckDBConnection } from '@duckdb/node-api'
import type { ServerFacts, SourceDefinition } from '../../catalog/catalog.js'
import { sharingSources } from '../../catalog/neighbours.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import type { Batch } from '../../executor/batch.js'
import type { Datum } from '../../types/sql-type.js'
import type {
  DiscoveredSource,
  DiscoverOptions,
  OpenSource,
  RemoteStatement,
  ScanOptions,
} from '../connector.js'
import { discoverFiles } from './discover.js'
import { FileDatabase } from './duckdb-instance.js'
import { rootOf } from './file-table.js'
import { explainMissingColumn } from './header-drift.js'
import { explainSniffError } from './malformed-csv.js'
import { pingFiles } from './ping.js'
import { streamBatches } from './stream-batches.js'
import { fileError } from './source-errors.js'
import { statementRoots } from './statement-roots.js'
import { explainUnfitValue } from './unfit-value.js'

/** An opened source. */
export class FilesSource implements OpenSource {
  readonly #source: SourceDefinition
  /** By the roots they may read below. */
  readonly #databases = new Map<string, FileDatabase>()

  constructor(source: SourceDefinition) {
    this.#source = source
  }

  /** Streams a statement's rows. */
  async *scan(
    statement: RemoteStatement,
    values: readonly Datum[],
    options: ScanOptions,
  ): AsyncGenerator<Batch, void, undefined> {
    const { signal } = options
    if (signal.aborted) throw abortError(signal)
    const database = this.#databaseFor(statementRoots(statement, this.#source))
    const connection = await database.acquire()
    const interrupt = (): void => connection.interrupt()
    signal.addEventListener('abort', interrupt, { once: true })
    try {
      yield* streamBatches(connection, statement, values, options)
    } catch (error) {
      if (signal.aborted) throw abortError(signal)
      throw await this.#explain(error, connection, statement)
    } finally {
      signal.removeEventListener('abort', interrupt)
      database.release(connection)
    }
  }

  /** Looks at the declared and included files. */
  discover(options: DiscoverOptions): Promise<DiscoveredSource> {
    return this.#use(options.signal, (connection) =>
      discoverFiles(connection, this.#source, options),
    )
  }

  /** Checks that the root can be read. */
  ping(signal: AbortSignal): Promise<ServerFacts> {
    return this.#use(signal, (connection) => pingFiles(connection, this.#source))
  }

  /** Closes DuckDB. */
  async close(): Promise<void> {
    for (const database of this.#databases.values()) await database.close()
  }

  /** Names the file at fault, and the source it belongs to. */
  async #explain(
    error: unknown,
    connection: DuckDBConnection,
    statement: RemoteStatement,
  ): Promise<EngineError> {
    const sources = sharingSources(this.#source)
    let explained = error
    try {
      explained = await explainSniffError(error, connection, sources)
      for (const source of sources) {
        explained = await explainMissingColumn(explained, connection, source, statement.text)
        explained = await explainUnfitValue(explained, connection, source, statement.text)
      }
    } catch {
      // What was to explain the error does not read: the error is what there is to say.
    }
    return fileError(explained, this.#source.name)
  }

  #databaseFor(roots: readonly string[]): FileDatabase {
    const key = JSON.stringify(roots)
    const database = this.#databases.get(key) ?? new FileDatabase(this.#source, roots)
    this.#databases.set(key, database)
    return database
  }

  async #use<T>(
    signal: AbortSignal,
    use: (connection: DuckDBConnection) => Promise<T>,
  ): Promise<T> {
    if (signal.aborted) throw abortError(signal)
    const database = this.#databaseFor([rootOf(this.#source)])
    const connection = await database.acquire()
    const interrupt = (): void => connection.interrupt()
    signal.addEventListener('abort', interrupt, { once: true })
    try {
      return await use(connection)
    } catch (error) {
      throw signal.aborted ? abortError(signal) : fileError(error, this.#source.name)
    } finally {
      signal.removeEventListener('abort', interrupt)
      database.release(connection)
    }
  }
}

function abortError(signal: AbortSignal): EngineError {
  return signal.reason instanceof EngineError
    ? signal.reason
    : new EngineError(SQLSTATE.queryCanceled, 'canceling statement due to user request')
}
