/** The running half of a MongoDB source. */
import type * as Mongodb from 'mongodb'
import type { ServerFacts, SourceDefinition } from '../../catalog/catalog.js'
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
import { BatchCursor } from './batch-cursor.js'
import { BatchDecoder } from './batch-decoder.js'
import { connectionSettings, type ConnectionSettings } from './connection-settings.js'
import { discoverCollections } from './discover.js'
import { fillPlaces } from './placeholder.js'
import { missingCollection, sourceError } from './source-errors.js'
import type { StatementHandle } from './statement-handle.js'
import { toBson } from './to-bson.js'

/** How long a collection that was there is believed to be. */
const KNOWN_FOR = 30_000

/** Loads the driver and opens a source. */
export async function openMongodb(source: SourceDefinition): Promise<OpenSource> {
  try {
    return new MongodbSource(source, await import('mongodb'))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) {
      throw error
    }
    throw new EngineError(
      SQLSTATE.sourceUnavailable,
      `The driver of source "${source.name}" is not installed`,
      { source: source.name, cause: error, hint: 'Run npm install mongodb' },
    )
  }
}

/** An opened source: the driver's client connects on first use and keeps a pool. */
class MongodbSource implements OpenSource {
  readonly #source: SourceDefinition
  readonly #bson: typeof Mongodb
  readonly #settings: ConnectionSettings
  readonly #known = new Map<string, number>()
  #client: Mongodb.MongoClient | undefined
  #topology = { type: 'Unknown', servers: 0 }

  constructor(source: SourceDefinition, bson: typeof Mongodb) {
    this.#source = source
    this.#bson = bson
    this.#settings = connectionSettings(source)
  }

  /** Streams a statement's rows. */
  async *scan(
    statement: RemoteStatement,
    values: readonly Datum[],
    options: ScanOptions,
  ): AsyncGenerator<Batch, void, undefined> {
    const { signal } = options
    const { collection, stages, fields } = statement.handle as StatementHandle
    const place = { source: this.#source.name, address: this.#settings.address, collection }
    let cursor: BatchCursor | undefined
    try {
      signal.throwIfAborted()
      const pipeline = toBson(fillPlaces(stages, values), this.#bson) as Mongodb.Document[]
      const { database, readPreference, statementTimeout: timeout } = this.#settings
      const client = this.#connected()
      await client.connect()
      const exists = this.#exists(client, collection)
      exists.catch(() => undefined)
      cursor = new BatchCursor({
        ...{ client, database, collection, pipeline, readPreference, timeout },
        batchRows: options.batchRows,
        onBytes: options.onBytes,
        hasOneServer: this.#hasOneServer(),
      })
      const decoder = new BatchDecoder(
        statement.columns,
        fields,
        this.#source.name,
        options.batchRows,
      )
      for await (const { bytes, documents } of cursor.batches(signal)) {
        if (!(await exists)) throw missingCollection(this.#source.name, collection)
        for (const at of documents) {
          decoder.read(bytes, at)
          if (decoder.rows === options.batchRows) yield decoder.take()
        }
        if (decoder.rows > 0) yield decoder.take()
      }
    } catch (error) {
      throw signal.aborted ? abortError(signal) : sourceError(error, place)
    } finally {
      await cursor?.close()
    }
  }

  /** Reads what collections there are and what their documents look like. */
  async discover(options: DiscoverOptions): Promise<DiscoveredSource> {
    const { discover } = this.#source
    return this.#use(options.signal, async (client) => ({
      server: await serverFacts(client),
      tables: await discoverCollections(
        client.db(this.#settings.database),
        discover,
        options,
        this.#bson,
      ),
    }))
  }

  /** Asks for the server's version. */
  async ping(signal: AbortSignal): Promise<ServerFacts> {
    return this.#use(signal, serverFacts)
  }

  /** Closes the client. */
  async close(): Promise<void> {
    await this.#client?.close()
  }

  #connected(): Mongodb.MongoClient {
    if (this.#client) return this.#client
    const { uri, user, password, poolSize, connectTimeout } = this.#settings
    this.#client = new this.#bson.MongoClient(uri, {
      appName: 'tributary',
      maxPoolSize: poolSize,
      connectTimeoutMS: connectTimeout,
      serverSelectionTimeoutMS: connectTimeout,
      retryReads: false,
      retryWrites: false,
      ...(user === undefined ? {} : { auth: { username: user, password: password ?? '' } }),
    })
    this.#client.on('topologyDescriptionChanged', ({ newDescription }) => {
      this.#topology = { type: newDescription.type, servers: newDescription.servers.size }
    })
    return this.#client
  }

  /** Of a replica set only the primary is one server; behind a load balancer nobody knows. */
  #hasOneServer(): boolean {
    const { type, servers } = this.#topology
    if (type === 'Single' || (type === 'Sharded' && servers === 1)) return true
    return type.startsWith('ReplicaSet') && this.#settings.readPreference === 'primary'
  }

  async #use<T>(signal: AbortSignal, use: (client: Mongodb.MongoClient) => Promise<T>): Promise<T> {
    try {
      signal.throwIfAborted()
      return await use(this.#connected())
    } catch (error) {
      if (signal.aborted) throw abortError(signal)
      throw sourceError(error, { source: this.#source.name, address: this.#settings.address })
    }
  }

  /** MongoDB answers with nothing for a collection that does not exist; that must not pass for an empty one. */
  async #exists(client: Mongodb.MongoClient, collection: string): Promise<boolean> {
    const known = this.#known.get(collection)
    if (known !== undefined && Date.now() - known < KNOWN_FOR) return true
    const found = await client
      .db(this.#settings.database)
      .listCollections({ name: collection }, { nameOnly: true, authorizedCollections: true })
      .toArray()
    if (found.length > 0) this.#known.set(collection, Date.now())
    return found.length > 0
  }
}

async function serverFacts(client: Mongodb.MongoClient): Promise<ServerFacts> {
  const { version } = await client.db('admin').command({ buildInfo: 1 })
  return { product: 'MongoDB', version: String(version), collation: 'simple', timezone: 'UTC' }
}

/** What the client gets when its statement was aborted. */
function abortError(signal: AbortSignal): EngineError {
  return signal.reason instanceof EngineError
    ? signal.reason
    : new EngineError(SQLSTATE.queryCanceled, 'canceling statement due to user request')
}
