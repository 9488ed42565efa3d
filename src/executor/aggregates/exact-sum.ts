/** Exact integer sums per slot: doubles while they are exact, carried over into BigInts when they would not be. */
import { wideFloat64 } from './accumulator.js'

/** Sums of integers, one per slot. */
export class ExactSum {
  #low: Float64Array<ArrayBuffer> = new Float64Array(0)
  #high = new Map<number, bigint>()

  /** Makes room for slots 0..slots-1. */
  grow(slots: number): void {
    this.#low = wideFloat64(this.#low, slots)
  }

  /** Adds a whole number of at most 2^53 in magnitude. */
  add(slot: number, value: number): void {
    const sum = this.#low[slot]! + value
    if (sum <= Number.MAX_SAFE_INTEGER && sum >= -Number.MAX_SAFE_INTEGER) {
      this.#low[slot] = sum
    } else {
      this.addBig(slot, BigInt(this.#low[slot]!) + BigInt(value))
      this.#low[slot] = 0
    }
  }

  addBig(slot: number, value: bigint): void {
    this.#high.set(slot, (this.#high.get(slot) ?? 0n) + value)
  }

  /** The sum when it is a safe integer, otherwise undefined. */
  small(slot: number): number | undefined {
    const high = this.#high.get(slot)
    if (high === undefined) return this.#low[slot]!
    const sum = Number(high + BigInt(this.#low[slot]!))
    return Number.isSafeInteger(sum) ? sum : undefined
  }

  value(slot: number): bigint {
    return (this.#high.get(slot) ?? 0n) + BigInt(this.#low[slot]!)
  }

  copy(from: number, to: number): void {
    this.#low[to] = this.#low[from]!
    const high = this.#high.get(from)
    if (high !== undefined) this.#high.set(to, high)
    else if (this.#high.size > 0) this.#high.delete(to)
  }

  /** Multiplies every sum by a power of ten. */
  rescale(digits: number, slots: number): void {
    const factor = 10 ** digits
    const bigFactor = 10n ** BigInt(digits)
    for (const [slot, high] of this.#high) this.#high.set(slot, high * bigFactor)
    for (let slot = 0; slot < slots; slot++) {
      const low = this.#low[slot]!
      if (low === 0) continue
      const scaled = low * factor
      if (digits <= 15 && Math.abs(scaled) <= Number.MAX_SAFE_INTEGER) {
        this.#low[slot] = scaled
      } else {
        this.#low[slot] = 0
        this.addBig(slot, BigInt(low) * bigFactor)
      }
    }
  }

  get bytes(): number {
    return this.#low.byteLength + this.#high.size * 64
  }
}
