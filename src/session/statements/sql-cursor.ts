/**
 * A cursor made by DECLARE. It starts with the first FETCH, in the format that FETCH asks for. With SCROLL it keeps
 * the rows it has handed out, within the statement's memory limit; without, it only goes forward.
 */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { RelayChunk } from '../../connectors/connector.js'
import type { ResultColumn } from '../compiler/compiled-statement.js'
import { framesOf } from '../runner/data-rows.js'
import type { Interruption } from '../interruption.js'
import type { FetchStatement } from '../routing/routed-statement.js'
import type { RowCursor } from '../runner/row-cursor.js'

/** A named cursor of a session. */
export class SqlCursor {
  readonly kind = 'cursor'
  readonly name: string
  readonly columns: readonly ResultColumn[]
  readonly binary: boolean
  readonly hold: boolean
  readonly mark: number
  readonly #scroll: boolean
  readonly #memoryLimit: number
  readonly #open: (formats: readonly number[]) => Promise<RowCursor>
  #cursor: RowCursor | undefined
  #formats = ''
  /** Rows seen so far, of a scrollable cursor. */
  #kept: Uint8Array[] = []
  #keptBytes = 0
  /** 0: before the first row; 1: on it. */
  #position = 0
  #rowsRead = 0
  #ended = false

  constructor(fields: {
    readonly name: string
    readonly columns: readonly ResultColumn[]
    readonly binary: boolean
    readonly hold: boolean
    readonly scroll: boolean
    readonly mark: number
    readonly memoryLimit: number
    readonly open: (formats: readonly number[]) => Promise<RowCursor>
  }) {
    this.name = fields.name
    this.columns = fields.columns
    this.binary = fields.binary
    this.hold = fields.hold
    this.mark = fields.mark
    this.#scroll = fields.scroll
    this.#memoryLimit = fields.memoryLimit
    this.#open = fields.open
  }

  /** FETCH or MOVE: passes rows on (MOVE drops them) and returns how many there were. */
  async fetch(
    { direction, count }: Pick<FetchStatement, 'direction' | 'count'>,
    formats: readonly number[],
    interruption: Interruption,
    pass: (chunk: RelayChunk) => Promise<void> | void,
  ): Promise<number> {
    await this.#start(formats)
    switch (direction) {
      case 'forward':
        return count < 0
          ? this.#backward(-count, pass)
          : count === 0
            ? this.#current(pass)
            : this.#forward(count, interruption, pass)
      case 'backward':
        return count < 0
          ? this.#forward(-count, interruption, pass)
          : count === 0
            ? this.#current(pass)
            : this.#backward(count, pass)
      case 'absolute':
        return this.#absolute(count, interruption, pass)
      case 'relative':
        if (count === 0) return this.#current(pass)
        return this.#absolute(Math.max(0, this.#position + count), interruption, pass)
    }
  }

  close(): void {
    this.#cursor?.close()
    this.#kept = []
    this.#ended = true
  }

  async #start(formats: readonly number[]): Promise<void> {
    const key = formats.join()
    if (this.#cursor === undefined) {
      this.#formats = key
      this.#cursor = await this.#open(formats)
    } else if (this.#formats !== key) {
      throw new EngineError(
        SQLSTATE.featureNotSupported,
        `cursor "${this.name}" cannot change its result format after the first FETCH`,
      )
    }
  }

  async #forward(
    count: number,
    interruption: Interruption,
    pass: (chunk: RelayChunk) => Promise<void> | void,
  ): Promise<number> {
    let passed = 0
    if (this.#position < this.#kept.length) {
      const end = Math.min(this.#kept.length, this.#position + count)
      await passRows(this.#kept.slice(this.#position, end), pass)
      passed = end - this.#position
      this.#position = end
    }
    if (passed >= count) return passed
    const limit = count === Infinity ? 0 : count - passed
    const read = await this.#read(limit, interruption, pass)
    this.#position = this.#rowsRead
    if (limit === 0 || read < limit) {
      this.#ended = true
      this.#position = this.#rowsRead + 1
    }
    return passed + read
  }

  async #read(
    limit: number,
    interruption: Interruption,
    pass: (chunk: RelayChunk) => Promise<void> | void,
  ): Promise<number> {
    if (this.#ended || this.#cursor === undefined) return 0
    return this.#cursor.take(limit, interruption, async (chunk) => {
      this.#rowsRead += chunk.rows
      if (!this.#scroll) return pass(chunk)
      this.#keep(chunk)
      // The rows stay here, so their buffer is not given back.
      await pass({ frames: chunk.frames, rows: chunk.rows })
    })
  }

  async #backward(
    count: number,
    pass: (chunk: RelayChunk) => Promise<void> | void,
  ): Promise<number> {
    this.#requireScroll()
    const last = Math.min(this.#position - 1, this.#kept.length)
    const first = Math.max(1, last - count + 1)
    const rows = last < first ? [] : this.#kept.slice(first - 1, last).reverse()
    await passRows(rows, pass)
    this.#position = rows.length < count ? 0 : first
    return rows.length
  }

  async #current(pass: (chunk: RelayChunk) => Promise<void> | void): Promise<number> {
    if (this.#position < 1 || this.#position > this.#rowsRead) return 0
    this.#requireScroll()
    const row = this.#kept[this.#position - 1]
    if (row === undefined) return 0
    await passRows([row], pass)
    return 1
  }

  async #absolute(
    target: number,
    interruption: Interruption,
    pass: (chunk: RelayChunk) => Promise<void> | void,
  ): Promise<number> {
    const skip = (): void => undefined
    if (target < 0) {
      // Counted from the end: read everything first.
      this.#requireScroll()
      await this.#forward(Infinity, interruption, skip)
      return this.#absolute(Math.max(0, this.#rowsRead + 1 + target), interruption, pass)
    }
    if (target <= this.#position && this.#position > 0) {
      this.#requireScroll()
      this.#position = Math.max(0, target - 1)
    } else if (target - 1 > this.#position) {
      await this.#forward(target - 1 - this.#position, interruption, skip)
    }
    if (target === 0) return 0
    return this.#forward(1, interruption, pass)
  }

  #keep(chunk: RelayChunk): void {
    this.#keptBytes += chunk.frames.byteLength
    if (this.#keptBytes > this.#memoryLimit) {
      throw new EngineError(
        SQLSTATE.outOfMemory,
        `Cursor "${this.name}" needs more memory than the limit of ${Math.round(this.#memoryLimit / 1048576)} MB`,
        { hint: 'Declare it NO SCROLL, or raise tributary.memory_limit' },
      )
    }
    for (const frame of framesOf(chunk)) this.#kept.push(frame)
  }

  #requireScroll(): void {
    if (this.#scroll) return
    throw new EngineError('55000', 'cursor can only scan forward', {
      hint: 'Declare it with SCROLL option to enable backward scan.',
    })
  }
}

async function passRows(
  rows: readonly Uint8Array[],
  pass: (chunk: RelayChunk) => Promise<void> | void,
): Promise<void> {
  if (rows.length > 0) await pass({ frames: Buffer.concat(rows), rows: rows.length })
}
