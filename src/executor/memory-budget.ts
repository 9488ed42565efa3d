/** The memory a statement may hold in stateful operators (hash tables, sort runs, windows). */
import { EngineError, SQLSTATE } from '../errors.js'

/** One operator's share. Asking for more than the statement's limit fails with 53200. */
export interface MemoryReservation {
  /**
   * Sets the bytes held to `bytes`, up or down; returns false (and changes nothing) when the budget cannot grow so far:
   * the operator spills then.
   */
  tryResize(bytes: number): boolean
  /** As tryResize, for what cannot spill: may use up the whole limit, and throws 53200 naming the operator beyond it. */
  resize(bytes: number): void
  readonly bytes: number
  readonly peak: number
  release(): void
}

/** The last part of the limit is kept for operators that hold little: one that can spill must not starve the others. */
const RESERVED_SHARE = 1 / 8

/** An operator may always grow to this part of the limit. */
const SMALL_SHARE = 1 / 16

/** A statement's budget, shared by its operators. */
export class MemoryBudget {
  readonly limit: number
  #used = 0
  #peak = 0

  /** `limit`: bytes. */
  constructor(limit: number) {
    this.limit = limit
  }

  get used(): number {
    return this.#used
  }

  get peak(): number {
    return this.#peak
  }

  /** Opens a reservation for an operator, named in errors (`Hash Join`). */
  reserve(operator: string): MemoryReservation {
    let held = 0
    let peak = 0
    const grow = (bytes: number, limit: number): boolean => {
      if (this.#used - held + bytes > limit && bytes > held) return false
      this.#used += bytes - held
      held = bytes
      peak = Math.max(peak, held)
      this.#peak = Math.max(this.#peak, this.#used)
      return true
    }
    const tryResize = (bytes: number): boolean => {
      const isSmall = bytes <= this.limit * SMALL_SHARE
      return grow(bytes, isSmall ? this.limit : this.limit * (1 - RESERVED_SHARE))
    }
    return {
      tryResize,
      resize: (bytes) => {
        if (grow(bytes, this.limit)) return
        throw new EngineError(
          SQLSTATE.outOfMemory,
          `Statement needs more memory than its limit of ${Math.round(this.limit / 1048576)} MB`,
          {
            detail: `${operator} asked for ${bytes} bytes while the statement held ${this.#used}`,
            hint: 'Raise it with SET tributary.memory_limit, or narrow the statement',
          },
        )
      },
      get bytes() {
        return held
      },
      get peak() {
        return peak
      },
      release: () => void tryResize(0),
    }
  }
}
