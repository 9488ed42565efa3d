/** Takes rows from a running statement in portions of any size, cutting chunks at exact row boundaries. */
import type { RelayChunk } from '../../connectors/connector.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import { splitRows } from './data-rows.js'
import type { Interruption } from '../interruption.js'

/** Reads forward through the rows of one execution. */
export class RowCursor {
  readonly #source: AsyncIterable<RelayChunk>
  readonly #abort: ((reason: unknown) => void) | undefined
  #pending = false
  #iterator: AsyncIterator<RelayChunk> | undefined
  #rest: RelayChunk | undefined
  #atEnd = false

  /** `abort` makes a read that is under way fail; without it there is nothing to stop. */
  constructor(source: AsyncIterable<RelayChunk>, abort?: (reason: unknown) => void) {
    this.#source = source
    this.#abort = abort
  }

  /** Nothing is left, as far as reading has shown. */
  get atEnd(): boolean {
    return this.#atEnd
  }

  /** Passes on up to `limit` rows (0: all) and returns how many there were. */
  async take(
    limit: number,
    interruption: Interruption,
    pass: (chunk: RelayChunk) => Promise<void> | void,
  ): Promise<number> {
    let taken = 0
    while (limit === 0 || taken < limit) {
      const chunk = this.#rest ?? (await this.#next(interruption))
      this.#rest = undefined
      if (chunk === undefined) break
      const { head, tail } = limit === 0 ? { head: chunk } : splitRows(chunk, limit - taken)
      this.#rest = tail
      taken += head.rows
      if (head.rows > 0) await pass(head)
    }
    return taken
  }

  /** Stops the statement; safe to call more than once. Does not wait for the sources to have let go. */
  close(): void {
    const iterator = this.#iterator
    this.#atEnd = true
    this.#rest = undefined
    this.#iterator = undefined
    if (iterator === undefined) return
    // A generator that is busy hears return() only after its step: the abort ends that.
    if (this.#pending) this.#abort?.(new EngineError(SQLSTATE.queryCanceled, 'portal was closed'))
    // What fails now had failed or was aborted before: whoever read from it was told.
    iterator.return?.().catch(() => undefined)
  }

  async #next(interruption: Interruption): Promise<RelayChunk | undefined> {
    if (this.#atEnd) return undefined
    interruption.check()
    this.#iterator ??= this.#source[Symbol.asyncIterator]()
    const stop = interruption.onAbort((reason) => this.#abort?.(reason))
    this.#pending = true
    try {
      const result = await interruption.race(this.#iterator.next())
      this.#pending = false
      if (result.done !== true) return result.value
      this.#atEnd = true
      this.#iterator = undefined
      return undefined
    } finally {
      stop()
    }
  }
}

/** Rows that are all there already. */
export async function* oneChunk(chunk: RelayChunk): AsyncIterable<RelayChunk> {
  await Promise.resolve()
  yield chunk
}
