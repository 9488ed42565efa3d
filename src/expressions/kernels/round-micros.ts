/** Rounds microseconds to the precision of a time(p) or timestamp(p) type. */

/** Rounds to `precision` digits of a second, halves away from zero; no precision (-1) or 6 leaves the value. */
export function roundMicros(micros: number, precision: number): number {
  if (precision < 0 || precision >= 6) return micros
  const unit = 10 ** (6 - precision)
  const half = unit / 2
  const size = Math.abs(micros) + half
  const rounded = size - (size % unit)
  return micros < 0 ? 0 - rounded : rounded
}

/** As roundMicros, for values beyond 2^53. */
export function roundMicrosExact(micros: bigint, precision: number): bigint {
  if (precision < 0 || precision >= 6) return micros
  const unit = 10n ** BigInt(6 - precision)
  const size = (micros < 0n ? -micros : micros) + unit / 2n
  const rounded = size - (size % unit)
  return micros < 0n ? -rounded : rounded
}
