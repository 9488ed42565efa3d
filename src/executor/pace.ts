/**
 * Keeps synchronous work polite: operators ask it for leave between batches and inside long loops, so that an abort
 * is noticed and the event loop gets its turn at least every TURN_MILLISECONDS.
 */

/** Synchronous work between two turns of the event loop, in ms. */
const TURN_MILLISECONDS = 15

/** Rows a long loop handles between two looks at the clock. */
export const PACE_ROWS = 32_768

/** One statement's clock and abort signal. */
export class Pace {
  readonly #signal: AbortSignal
  #lastTurn = performance.now()

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** Throws the signal's reason when the statement was aborted; tells whether a turn of the event loop is due. */
  due(): boolean {
    this.#signal.throwIfAborted()
    return performance.now() - this.#lastTurn >= TURN_MILLISECONDS
  }

  /** Lets the event loop run once, then throws when the statement was aborted meanwhile. */
  async turn(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve))
    this.#lastTurn = performance.now()
    this.#signal.throwIfAborted()
  }
}
