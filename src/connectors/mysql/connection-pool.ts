/** The connections of one source on one statement thread: opened on demand, reused, at most `poolSize`. */
import { SORTED_BYTES, type ConnectionSettings } from './connection-settings.js'
import { openWireConnection, type WireConnection } from './wire-connection.js'

interface Waiter {
  readonly take: (connection: WireConnection | undefined) => void
}

/** A pool. `acquire` waits for its turn; whoever acquires must release or discard. */
export class ConnectionPool {
  readonly #settings: ConnectionSettings
  readonly #idle: WireConnection[] = []
  readonly #waiters: Waiter[] = []
  #open = 0
  #closed = false

  constructor(settings: ConnectionSettings) {
    this.#settings = settings
  }

  /** Takes a connection that is ready for statements. */
  async acquire(signal: AbortSignal): Promise<WireConnection> {
    signal.throwIfAborted()
    if (this.#closed) throw new Error('The source was closed')
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      if (idle.usable) return idle
      this.#open--
    }
    if (this.#open >= this.#settings.poolSize) {
      const handed = await this.#wait(signal)
      if (handed) return handed
    } else {
      this.#open++
    }
    try {
      return await this.#connect(signal)
    } catch (error) {
      this.#giveUpSlot()
      throw error
    }
  }

  /** Stops what runs on a connection, from a connection of its own. */
  async kill(connection: WireConnection, signal: AbortSignal): Promise<void> {
    const killer = await openWireConnection(this.#settings.options, signal)
    try {
      await killer.command(`KILL QUERY ${connection.threadId}`)
    } finally {
      killer.end()
    }
  }

  async #connect(signal: AbortSignal): Promise<WireConnection> {
    const connection = await openWireConnection(this.#settings.options, signal)
    try {
      for (const statement of sessionSetup(this.#settings)) await connection.command(statement)
    } catch (error) {
      connection.destroy()
      throw error
    }
    return connection
  }

  /** Gives back a connection that is at rest. */
  release(connection: WireConnection): void {
    if (!connection.usable || this.#closed) {
      connection.destroy()
      this.#giveUpSlot()
      return
    }
    connection.rest()
    const waiter = this.#waiters.shift()
    if (waiter) waiter.take(connection)
    else this.#idle.push(connection)
  }

  /** Gives back a connection in an unknown state: it is closed. */
  discard(connection: WireConnection): void {
    connection.destroy()
    this.#giveUpSlot()
  }

  /** Closes idle connections; those in use close when they are released. */
  close(): void {
    this.#closed = true
    for (const connection of this.#idle.splice(0)) connection.end()
  }

  /** A slot became free: a waiter may open a connection in it. */
  #giveUpSlot(): void {
    const waiter = this.#waiters.shift()
    if (waiter) waiter.take(undefined)
    else this.#open--
  }

  #wait(signal: AbortSignal): Promise<WireConnection | undefined> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        const at = this.#waiters.indexOf(waiter)
        if (at >= 0) this.#waiters.splice(at, 1)
        reject(signal.reason instanceof Error ? signal.reason : new Error('Aborted'))
      }
      const waiter: Waiter = {
        take: (connection) => {
          signal.removeEventListener('abort', abort)
          resolve(connection)
        },
      }
      this.#waiters.push(waiter)
      signal.addEventListener('abort', abort, { once: true })
    })
  }
}

/**
 * Fixes everything on which the meaning of a statement depends. A slow client must not make the server hang up, so
 * its write timeout is long. MariaDB's cache of subquery results is off: it takes texts for one that are one to their
 * collation only, whatever the subquery compares. The commented settings are each product's own.
 */
function sessionSetup(settings: ConnectionSettings): readonly string[] {
  const { statementTimeout } = settings
  const variables = [
    "time_zone = '+00:00'",
    "sql_mode = 'STRICT_ALL_TABLES,NO_UNSIGNED_SUBTRACTION'",
    'sql_auto_is_null = 0',
    'sql_select_limit = DEFAULT',
    'sql_big_selects = 1',
    `max_sort_length = ${SORTED_BYTES}`,
    'net_write_timeout = 3600',
    'wait_timeout = 28800',
  ]
  return [
    'SET NAMES utf8mb4',
    `SET ${variables.join(', ')}`,
    `SET SESSION TRANSACTION READ ONLY`,
    `SET sql_safe_updates = 0/*M! , optimizer_switch = 'subquery_cache=off', max_statement_time = ${statementTimeout / 1000}*//*!80000 , max_execution_time = ${statementTimeout}*/`,
  ]
}
