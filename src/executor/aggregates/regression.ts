/** corr, covar_* and regr_*: PostgreSQL's update of six sums per slot, operation for operation. Arguments are (Y, X). */
import { OID } from '../../types/sql-type.js'
import type { SqlType } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'
import { wideFloat64 } from './accumulator.js'
import type { Accumulator } from './accumulator.js'
import { floatOverflow } from './float-errors.js'

/** N, Sx, Sxx, Sy, Syy, Sxy. */
const STATE_NUMBERS = 6

type Finish = (
  n: number,
  sx: number,
  sxx: number,
  sy: number,
  syy: number,
  sxy: number,
) => number | undefined

/** What each function makes of the sums; undefined is NULL. N is at least 1, except for regr_count. */
const FINISHES: Readonly<Record<string, Finish>> = {
  regr_count: (n) => n,
  regr_sxx: (_n, _sx, sxx) => sxx,
  regr_syy: (_n, _sx, _sxx, _sy, syy) => syy,
  regr_sxy: (_n, _sx, _sxx, _sy, _syy, sxy) => sxy,
  regr_avgx: (n, sx) => sx / n,
  regr_avgy: (n, _sx, _sxx, sy) => sy / n,
  covar_pop: (n, _sx, _sxx, _sy, _syy, sxy) => sxy / n,
  covar_samp: (n, _sx, _sxx, _sy, _syy, sxy) => (n < 2 ? undefined : sxy / (n - 1)),
  corr: (_n, _sx, sxx, _sy, syy, sxy) =>
    sxx === 0 || syy === 0 ? undefined : sxy / Math.sqrt(sxx * syy),
  regr_r2: (_n, _sx, sxx, _sy, syy, sxy) => {
    if (sxx === 0) return undefined
    return syy === 0 ? 1 : (sxy * sxy) / (sxx * syy)
  },
  regr_slope: (_n, _sx, sxx, _sy, _syy, sxy) => (sxx === 0 ? undefined : sxy / sxx),
  regr_intercept: (n, sx, sxx, sy, _syy, sxy) =>
    sxx === 0 ? undefined : (sy - (sx * sxy) / sxx) / n,
}

/** Names of the functions {@link createRegression} knows. */
export const REGRESSION_FUNCTIONS: readonly string[] = Object.keys(FINISHES)

/** Builds one of the two-argument float aggregates. */
export function createRegression(type: SqlType, name: string): Accumulator {
  let state = new Float64Array(0)
  const finish = FINISHES[name]!
  return {
    grow(slots) {
      state = wideFloat64(state, slots * STATE_NUMBERS)
    },
    add(inputs, rows, slots, count) {
      const [yInput, xInput] = inputs
      if (yInput?.lane !== 'float64' || xInput?.lane !== 'float64') return
      for (let k = 0; k < count; k++) {
        accumulate(
          state,
          slots[k]! * STATE_NUMBERS,
          yInput.values[rows[k]!]!,
          xInput.values[rows[k]!]!,
        )
      }
    },
    copy(from, to) {
      const start = from * STATE_NUMBERS
      state.copyWithin(to * STATE_NUMBERS, start, start + STATE_NUMBERS)
    },
    finish(slots): Vector {
      const values = new Float64Array(slots)
      const nulls = new Uint8Array(slots)
      for (let slot = 0; slot < slots; slot++) {
        const [n, sx, sxx, sy, syy, sxy] = state.subarray(slot * STATE_NUMBERS) as unknown as [
          number,
          number,
          number,
          number,
          number,
          number,
        ]
        const value = n < 1 && name !== 'regr_count' ? undefined : finish(n, sx, sxx, sy, syy, sxy)
        if (value === undefined) nulls[slot] = 1
        else values[slot] = value
      }
      const lane = type.oid === OID.int8 ? 'int64' : 'float64'
      return { lane, type, length: slots, nulls, values }
    },
    get bytes() {
      return state.byteLength
    },
  }
}

function accumulate(state: Float64Array, at: number, y: number, x: number): void {
  const before = state[at]!
  const n = before + 1
  const oldSx = state[at + 1]!
  const oldSy = state[at + 3]!
  const sx = oldSx + x
  const sy = oldSy + y
  let sxx = state[at + 2]!
  let syy = state[at + 4]!
  let sxy = state[at + 5]!
  if (before > 0) {
    const dx = x * n - sx
    const dy = y * n - sy
    const scale = 1 / (n * before)
    sxx += dx * dx * scale
    syy += dy * dy * scale
    sxy += dx * dy * scale
    const overflows = [sx, sxx, sy, syy, sxy].some(isInfinite)
    if (overflows) {
      const xWasFinite = !isInfinite(oldSx) && !isInfinite(x)
      const yWasFinite = !isInfinite(oldSy) && !isInfinite(y)
      if (
        ((isInfinite(sx) || isInfinite(sxx)) && xWasFinite) ||
        ((isInfinite(sy) || isInfinite(syy)) && yWasFinite) ||
        (isInfinite(sxy) && xWasFinite && yWasFinite)
      ) {
        throw floatOverflow()
      }
      if (isInfinite(sxx)) sxx = NaN
      if (isInfinite(syy)) syy = NaN
      if (isInfinite(sxy)) sxy = NaN
    }
  } else {
    if (!Number.isFinite(x)) sxx = sxy = NaN
    if (!Number.isFinite(y)) syy = sxy = NaN
  }
  state[at] = n
  state[at + 1] = sx
  state[at + 2] = sxx
  state[at + 3] = sy
  state[at + 4] = syy
  state[at + 5] = sxy
}

function isInfinite(value: number): boolean {
  return value === Infinity || value === -Infinity
}
