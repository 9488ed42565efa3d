/** Durations in catalog files: `500ms`, `30s`, `5m`, `24h`, `7d`. */

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Turns a duration, already checked by the schema, into ms. */
export function milliseconds(duration: string): number {
  const match = /^(\d+)(ms|s|min|m|h|d)$/.exec(duration)
  return match ? Number(match[1]) * (UNITS[match[2] as string] as number) : 0
}
