/** An aggregation under way: one batch is asked for ahead of the one being decoded, and what is left behind is killed. */
import type { ClientSession, Document, MongoClient, ReadPreferenceLike } from 'mongodb'
import { commandBatches, driverBatches, type BatchSource, type RawBatch } from './batch-source.js'

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
  /** Every command goes to the same server, whatever the driver chooses. */
  readonly hasOneServer: boolean
}

/** A cursor with a session of its own, by which it can be killed. */
export class BatchCursor {
  readonly #options: CursorOptions
  readonly #session: ClientSession
  readonly #source: BatchSource
  readonly #cut = new AbortController()
  #running: Promise<readonly RawBatch[] | undefined> | undefined

  constructor(options: CursorOptions) {
    const { client, database, hasOneServer, ...others } = options
    this.#options = options
    this.#session = client.startSession()
    const aggregation = {
      ...others,
      db: client.db(database),
      session: this.#session,
      cut: this.#cut.signal,
    }
    this.#source = hasOneServer ? commandBatches(aggregation) : driverBatches(aggregation)
  }

  /** Starts, and gives batches until there are no more; stops waiting when the signal aborts. */
  async *batches(signal: AbortSignal): AsyncGenerator<RawBatch, void, undefined> {
    for (this.#ask(); ;) {
      const batches = await untilAborted(this.#running!, signal)
      this.#running = undefined
      if (batches === undefined) return
      this.#ask()
      yield* batches
    }
  }

  #ask(): void {
    const running = this.#source.next()
    // It may fail while nobody waits.
    running.catch(() => undefined)
    this.#running = running
    void running.then(
      (batches) => {
        if (batches === undefined && this.#running === running) this.#isOver = true
      },
      () => undefined,
    )
  }

  #isOver = false

  /** Ends: what runs at the server is killed, the cursor there closed. */
  async close(): Promise<void> {
    const { client, database } = this.#options
    const running = this.#isOver ? undefined : this.#running
    const patience = setTimeout(() => this.#cut.abort(), KILL_PATIENCE)
    try {
      const end = async (): Promise<void> => {
        const id = this.#session.id?.id
        if (running !== undefined && id !== undefined) {
          await client
            .db(database)
            .command({ killSessions: [{ id }] }, { signal: this.#cut.signal })
          await running.catch(() => undefined)
        }
        await this.#source.close()
      }
      await untilAborted(end(), this.#cut.signal)
    } catch {
      // Whoever asked has left; a connection that was cut ends its statement at the server as well.
    } finally {
      clearTimeout(patience)
      void this.#session.endSession().catch(() => undefined)
    }
  }
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
