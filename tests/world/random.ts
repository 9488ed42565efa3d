/** Random numbers that a seed repeats. */

export interface Random {
  /** A number from 0 (included) to 1. */
  next(): number
  /** A whole number, both ends included. */
  whole(from: number, to: number): number
  pick<T>(values: readonly T[]): T
  /** True with the probability given. */
  chance(share: number): boolean
}

/** Makes a generator (mulberry32): the same seed gives the same numbers on every machine. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const whole = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1))
  return {
    next,
    whole,
    pick: <T>(values: readonly T[]): T => values[whole(0, values.length - 1)] as T,
    chance: (share) => next() < share,
  }
}
