/**
 * A cursor at the server, read batch by batch as the bytes that came. One batch is asked for ahead of the one being decoded. The
 * driver's own cursors make an object of each document even when they hand it out raw.
 */
import type { ClientSession, Db, Document, MongoClient, ReadPreferenceLike } from 'mongodb'
import { bytesOf, CODE, eachElement, type Bytes } from './bson-bytes.js'

/** How long a killed statement may take to die before its connection is cut. */
const KILL_PATIENCE = 900

export interface CursorOptions {
  readonly client: MongoClient
  readonly database: string
  readonly collection: string
  readonly pipeline: readonly Document[]
  readonly batchRows: number
  readonly readPreference: ReadPreferenceLike
  /** ms; 0: none. */
  readonly timeout: number
  readonly onBytes: ((bytes: number) => void) | undefined
}

/** One batch: documents start at the offsets. */
export interface RawBatch {
  readonly bytes: Bytes
  readonly documents: readonly number[]
}

/** An aggregation under way. */
export class BatchCursor {
  readonly #options: CursorOptions
  readonly #db: Db
  readonly #session: ClientSession
  readonly #cut = new AbortController()
  #id: bigint | undefined
  #running: Promise<RawBatch> | undefined

  constructor(options: CursorOptions) {
    this.#options = options
    this.#db = options.client.db(options.database)
    this.#session = options.client.startSession()
  }

  /** Starts, and gives batches until there are no more; stops waiting when the signal aborts. */
  async *batches(signal: AbortSignal): AsyncGenerator<RawBatch, void, undefined> {
    const { collection, pipeline, batchRows, timeout } = this.#options
    this.#send({
      aggregate: collection,
      pipeline,
      cursor: { batchSize: batchRows },
      allowDiskUse: true,
      collation: { locale: 'simple' },
      ...(timeout > 0 ? { maxTimeMS: timeout } : {}),
    })
    while (this.#running) {
      const batch = await untilAborted(this.#running, signal)
      this.#running = undefined
      if (this.#id !== 0n) {
        this.#send({ getMore: this.#id, collection, batchSize: batchRows })
      }
      yield batch
    }
  }

  /** Ends: what runs at the server is killed, the cursor there closed. */
  async close(): Promise<void> {
    const { collection } = this.#options
    const running = this.#running
    if (running !== undefined || (this.#id !== undefined && this.#id !== 0n)) {
      const settled = running?.then(
        () => undefined,
        () => undefined,
      )
      const patience = setTimeout(() => this.#cut.abort(), KILL_PATIENCE)
      try {
        const kill = async (): Promise<void> => {
          const id = this.#session.id?.id
          if (running !== undefined && id !== undefined) {
            await this.#command({ killSessions: [{ id }] })
            await settled
          } else if (this.#id !== undefined) {
            await this.#command({ killCursors: collection, cursors: [this.#id] })
          }
        }
        await untilAborted(kill(), this.#cut.signal)
      } catch {
        // Whoever asked has left; a connection that was cut ends its statement at the server as well.
      } finally {
        clearTimeout(patience)
      }
    }
    void this.#session.endSession().catch(() => undefined)
  }

  async #command(command: Document): Promise<void> {
    await this.#db.command(command, { signal: this.#cut.signal })
  }

  #send(command: Document): void {
    const { readPreference, onBytes } = this.#options
    const { signal } = this.#cut
    const answer = this.#db.command(command, {
      session: this.#session,
      readPreference,
      raw: true,
      signal,
    })
    this.#running = answer.then((response) => {
      const cursor = response.cursor as Uint8Array
      onBytes?.(cursor.length)
      const { id, batch } = readCursor(cursor)
      this.#id = id
      return batch
    })
    // It may fail while nobody waits.
    this.#running.catch(() => undefined)
  }
}

/** Takes the `cursor` part of an answer apart. */
function readCursor(cursor: Uint8Array): { readonly id: bigint; readonly batch: RawBatch } {
  const bytes = bytesOf(cursor)
  const documents: number[] = []
  let id = 0n
  eachElement(bytes, 0, (code, from, to, value) => {
    const name = to - from
    if (code === CODE.long && name === 2) id = bytes.view.getBigInt64(value, true)
    // firstBatch, nextBatch
    if (code === CODE.array && name >= 9) {
      eachElement(bytes, value, (_code, _from, _to, at) => documents.push(at))
    }
  })
  return { id, batch: { bytes, documents } }
}

/** Waits for a promise, but no longer than until the signal aborts. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  let abort: (() => void) | undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason instanceof Error ? signal.reason : new Error('Aborted'))
    signal.addEventListener('abort', abort, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    if (abort) signal.removeEventListener('abort', abort)
  }
}
