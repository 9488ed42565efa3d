/** The connections of one statement thread to one source. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import { readConnection } from './connection-options.js'
import { WireConnection } from './wire-connection.js'

// Connections that nobody used for this long are closed.
const IDLE_MILLISECONDS = 60_000

/** Hands out connections, at most `pool.max` at a time; who comes later waits. */
export class ConnectionPool {
  readonly #source: SourceDefinition
  readonly #maximum: number
  readonly #idle: { readonly connection: WireConnection; readonly timer: NodeJS.Timeout }[] = []
  readonly #queue: (() => void)[] = []
  #open = 0
  #closed = false

  constructor(source: SourceDefinition) {
    this.#source = source
    this.#maximum = readConnection(source).poolMaximum
  }

  /** Takes a connection; waits for one until the signal aborts. */
  async acquire(signal: AbortSignal): Promise<WireConnection> {
    for (;;) {
      signal.throwIfAborted()
      if (this.#closed) {
        throw new EngineError(
          SQLSTATE.connectionFailure,
          `Source "${this.#source.name}" is closed`,
          { source: this.#source.name },
        )
      }
      const idle = this.#idle.pop()
      if (idle !== undefined) {
        clearTimeout(idle.timer)
        if (!idle.connection.isBroken) return idle.connection
        this.#forget()
        continue
      }
      if (this.#open < this.#maximum) {
        this.#open++
        return this.#connect(signal)
      }
      await this.#turn(signal)
    }
  }

  /** Takes a connection if one may be had without waiting for another statement. */
  async acquireFree(signal: AbortSignal): Promise<WireConnection | undefined> {
    const isFree = this.#idle.length > 0 || this.#open < this.#maximum
    return isFree && this.#queue.length === 0 ? this.acquire(signal) : undefined
  }

  /** Gives a connection back. One that is broken, or in an unknown state, is closed. */
  release(connection: WireConnection, isReusable: boolean): void {
    if (!isReusable || connection.isBroken || this.#closed) {
      connection.destroy()
      this.#forget()
      return
    }
    const timer = setTimeout(() => {
      const at = this.#idle.findIndex((entry) => entry.connection === connection)
      if (at >= 0) this.#idle.splice(at, 1)
      this.#forget()
      void connection.close()
    }, IDLE_MILLISECONDS)
    timer.unref()
    connection.isReused = true
    this.#idle.push({ connection, timer })
    this.#queue.shift()?.()
  }

  /** Closes idle connections now and the others when they come back. */
  async close(): Promise<void> {
    this.#closed = true
    for (const wake of this.#queue.splice(0)) wake()
    await Promise.all(
      this.#idle.splice(0).map(({ connection, timer }) => {
        clearTimeout(timer)
        return connection.close()
      }),
    )
  }

  async #connect(signal: AbortSignal): Promise<WireConnection> {
    const opening = WireConnection.open(this.#source)
    const aborted = new AbortController()
    try {
      return await Promise.race([opening, rejectOnAbort(signal, aborted.signal)])
    } catch (error) {
      this.#forget()
      // The caller has gone; the connection may still come.
      opening.then(
        (connection) => connection.destroy(),
        () => undefined,
      )
      throw error
    } finally {
      aborted.abort()
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    let wake: () => void = () => undefined
    const turn = new Promise<void>((resolve) => (wake = resolve))
    this.#queue.push(wake)
    const over = new AbortController()
    try {
      await Promise.race([turn, rejectOnAbort(signal, over.signal)])
    } catch (error) {
      const at = this.#queue.indexOf(wake)
      // Its turn came all the same: pass it on.
      if (at >= 0) this.#queue.splice(at, 1)
      else this.#queue.shift()?.()
      throw error
    } finally {
      over.abort()
    }
  }

  #forget(): void {
    this.#open--
    this.#queue.shift()?.()
  }
}

/** Rejects when `signal` aborts; forgets about it when `over` does. */
function rejectOnAbort(signal: AbortSignal, over: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true, signal: over })
  })
}
