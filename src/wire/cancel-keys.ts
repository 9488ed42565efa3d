/** Which session a CancelRequest means: process ids and secrets of all connections of one server. */
import { randomBytes, timingSafeEqual } from 'node:crypto'

export interface CancelKey {
  readonly processId: number
  readonly secret: Buffer
}

/** Hands out keys and cancels by them. */
export class CancelKeys {
  readonly #sessions = new Map<number, { secret: Buffer; cancel: () => void }>()
  #last = process.pid & 0x3fff_ffff

  /** Issues a key: 4 secret bytes up to protocol 3.1, 32 from 3.2. */
  issue(minor: number, cancel: () => void): CancelKey {
    do this.#last = (this.#last + 1) & 0x7fff_ffff
    while (this.#last === 0 || this.#sessions.has(this.#last))
    const secret = randomBytes(minor >= 2 ? 32 : 4)
    this.#sessions.set(this.#last, { secret, cancel })
    return { processId: this.#last, secret }
  }

  /** Cancels what the key's session runs. A wrong key does nothing, and nobody is told. */
  cancel(processId: number, secret: Uint8Array): void {
    const session = this.#sessions.get(processId)
    if (session === undefined || session.secret.byteLength !== secret.byteLength) return
    if (timingSafeEqual(session.secret, secret)) session.cancel()
  }

  revoke(processId: number): void {
    this.#sessions.delete(processId)
  }
}
