/**
 * Times statements at a source as a consumer meets them: how long until the first byte of a small answer, and how long the rows of a
 * large one were waited for. What the consumer takes for itself between two pieces of an answer is not counted.
 */
import type { NodeStatistics } from './execution.js'

/** Answers up to this many rows tell of the round trip. */
const MOST_ROWS_OF_SMALL = 100
/** Rows, or bytes, behind the first piece from which on an answer tells of the pace that rows come at. */
const FEWEST_ROWS_OF_LARGE = 10_000
const FEWEST_BYTES_OF_LARGE = 1 << 20
/** Share of its time that a large answer must have been waited for: the consumer was the slower one otherwise. */
const SHARE_WAITED = 0.5

/** One statement at a source. */
export class CallTiming {
  readonly #record: NodeStatistics
  readonly #asked = performance.now()
  #firstByte: number | undefined
  #bytes = 0

  constructor(record: NodeStatistics) {
    this.#record = record
  }

  /** The source has sent something. */
  received(bytes: number): void {
    this.#firstByte ??= performance.now()
    this.#bytes += bytes
    this.#record.bytes += bytes
  }

  /** Hands on the pieces of the answer; one that is read to its end is entered into the node's record. */
  async *reading<T>(pieces: AsyncIterable<T>, rowsOf: (piece: T) => number): AsyncGenerator<T> {
    const iterator = pieces[Symbol.asyncIterator]()
    let rows = 0
    let waited = 0
    let first: { readonly at: number; readonly rows: number; readonly bytes: number } | undefined
    let wasAwaited = false
    try {
      for (;;) {
        const asked = performance.now()
        const next = await iterator.next()
        const now = performance.now()
        if (first !== undefined) waited += now - asked
        else wasAwaited = asked <= (this.#firstByte ?? now)
        if (next.done === true) {
          if (rows <= MOST_ROWS_OF_SMALL) this.#enterSmall(now)
          else if (first !== undefined && wasAwaited && waited >= SHARE_WAITED * (now - first.at)) {
            this.#enterLarge(rows - first.rows, this.#bytes - first.bytes, waited)
          }
          return
        }
        rows += rowsOf(next.value)
        first ??= { at: now, rows, bytes: this.#bytes }
        yield next.value
      }
    } finally {
      await iterator.return?.()
    }
  }

  #enterSmall(now: number): void {
    const milliseconds = (this.#firstByte ?? now) - this.#asked
    const { shortestCall = Infinity } = this.#record
    this.#record.shortestCall = Math.min(shortestCall, milliseconds)
  }

  #enterLarge(rows: number, bytes: number, milliseconds: number): void {
    if (rows < FEWEST_ROWS_OF_LARGE && bytes < FEWEST_BYTES_OF_LARGE) return
    const before = this.#record.streamed ?? { rows: 0, bytes: 0, milliseconds: 0 }
    this.#record.streamed = {
      rows: before.rows + rows,
      bytes: before.bytes + bytes,
      milliseconds: before.milliseconds + milliseconds,
    }
  }
}
