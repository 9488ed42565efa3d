/** Sessions of one source, kept for reuse; as many at once as the catalog allows. */
import { unlessAborted } from '../warehouse/abort.js'
import type { SnowflakeSettings } from './connection-settings.js'
import { Session } from './session.js'

export class SessionPool {
  readonly #settings: SnowflakeSettings
  readonly #idle: Session[] = []
  readonly #waiting: (() => void)[] = []
  #open = 0
  #closed = false

  constructor(settings: SnowflakeSettings) {
    this.#settings = settings
  }

  /** Takes a session, or waits until one is free. */
  async acquire(signal: AbortSignal): Promise<Session> {
    for (;;) {
      const idle = this.#idle.pop()
      if (idle !== undefined) return idle
      if (this.#open < this.#settings.sessions) {
        this.#open++
        try {
          return await Session.open(this.#settings, signal)
        } catch (error) {
          this.#leave()
          throw error
        }
      }
      await unlessAborted(new Promise<void>((resolve) => this.#waiting.push(resolve)), signal)
    }
  }

  /** Gives a session back. */
  async release(session: Session): Promise<void> {
    if (session.usable && !this.#closed) {
      this.#idle.push(session)
      this.#waiting.shift()?.()
    } else {
      this.#leave()
      await session.close()
    }
  }

  /** Closes what is idle; what is in use closes when it is given back. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#idle.splice(0).map((session) => session.close()))
  }

  #leave(): void {
    this.#open--
    this.#waiting.shift()?.()
  }
}
