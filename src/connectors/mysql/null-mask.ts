/** The NULLs of a column under construction: nothing is kept until the first one comes. */
export class NullMask {
  readonly #capacity: number
  #mask: Uint8Array<ArrayBuffer> | undefined

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** Marks a row. */
  set(row: number): void {
    this.#mask ??= new Uint8Array(this.#capacity)
    this.#mask[row] = 1
  }

  /** Hands over the marks of `rows` rows, or nothing, and starts anew. */
  take(rows: number): Uint8Array | undefined {
    const mask = this.#mask?.subarray(0, rows)
    this.#mask = undefined
    return mask
  }
}
