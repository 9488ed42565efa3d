/** Sorted rows on disk that are looked at by position: pages, the last few of which stay in memory. */
import type { CompiledExpression } from '../../expressions/compiled-expression.js'
import type { SqlType } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'
import { concatVectors, gather, nullVector } from '../../types/vectors/vector-ops.js'
import type { Batch } from '../batch.js'
import type { SpilledBatch, SpillFile } from '../spill/spill-file.js'

/** Pages in memory at a time. */
export const PAGES_HELD = 8

/** Where a page's rows are. */
export interface PagePlace {
  readonly first: number
  readonly length: number
}

/** All rows of a window, in its order. */
export class PagedRows {
  readonly pages: readonly PagePlace[]
  readonly #file: SpillFile
  readonly #places: readonly SpilledBatch[]
  readonly #held = new Map<number, Batch>()

  constructor(file: SpillFile, places: readonly SpilledBatch[]) {
    this.#file = file
    this.#places = places
    let first = 0
    this.pages = places.map(({ rows }) => {
      const page = { first, length: rows }
      first += rows
      return page
    })
  }

  /** The rows of a page. */
  async page(index: number): Promise<Batch> {
    const batch = this.#held.get(index) ?? (await this.#file.read(this.#places[index]!))
    // The page that was used last comes last.
    this.#held.delete(index)
    this.#held.set(index, batch)
    if (this.#held.size > PAGES_HELD) this.#held.delete(this.#held.keys().next().value!)
    return batch
  }

  /** The number of the page that a position lies in. */
  pageOf(position: number): number {
    let low = 0
    let high = this.pages.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.pages[middle]!.first <= position) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** The values of an expression over such rows. */
export class PagedColumn {
  readonly #rows: PagedRows
  readonly #expression: CompiledExpression
  readonly #type: SqlType
  readonly #values = new WeakMap<Batch, Vector>()

  constructor(rows: PagedRows, expression: CompiledExpression, type: SqlType) {
    this.#rows = rows
    this.#expression = expression
    this.#type = type
  }

  /** The values of a page. */
  async page(index: number): Promise<Vector> {
    const batch = await this.#rows.page(index)
    let values = this.#values.get(batch)
    if (values === undefined) {
      values = this.#expression.evaluate(batch)
      this.#values.set(batch, values)
    }
    return values
  }

  /** The values at some positions; NULL for -1. */
  async at(positions: Int32Array): Promise<Vector> {
    const byPage = new Map<number, number[]>()
    let page = -1
    for (const [row, position] of positions.entries()) {
      if (position < 0) continue
      const place = this.#rows.pages[page]
      if (place === undefined || position < place.first || position >= place.first + place.length) {
        page = this.#rows.pageOf(position)
      }
      const rows = byPage.get(page)
      if (rows === undefined) byPage.set(page, [row])
      else rows.push(row)
    }
    const parts: Vector[] = []
    const picks = new Int32Array(positions.length).fill(-1)
    let count = 0
    for (const [index, rows] of byPage) {
      const { first } = this.#rows.pages[index]!
      const own = Int32Array.from(rows, (row) => positions[row]! - first)
      parts.push(gather(await this.page(index), own))
      for (const row of rows) picks[row] = count++
    }
    if (parts.length === 0) return nullVector(this.#type, positions.length)
    return gather(concatVectors(parts), picks)
  }
}
