/**
 * Time zones: the offset at an instant, and the instant of a local time, from the tz database that PostgreSQL ships
 * (time-zone-data.ts), so that offsets and abbreviations are PostgreSQL's at every date.
 */
import { EngineError, SQLSTATE } from '../../errors.js'
import { MICROS_PER_SECOND, UNIX_EPOCH_DAYS } from './datetime.js'
import { parsePosixRule, periodOfRule, type PosixRule, type ZonePeriod } from './posix-zone.js'
import { ABBREVIATIONS, ZONES } from './time-zone-data.js'

/** A moment in a zone: its local time, seconds east of UTC, and the zone's abbreviation then. */
export interface LocalMoment {
  readonly micros: number | bigint
  readonly offset: number
  readonly abbreviation: string
}

const EPOCH_SECONDS = UNIX_EPOCH_DAYS * 86_400

interface Offset {
  readonly offset: number
  readonly isDaylight: boolean
  readonly abbreviation: string
}

/** A zone: a table of changes, followed by a rule without end. Remembers the last period it was asked for. */
export class TimeZone {
  /** As SHOW TimeZone prints it. */
  readonly name: string
  /** Unix seconds at which `#types[i]` begins to hold. */
  readonly #changes: readonly number[]
  readonly #types: readonly Offset[]
  /** What holds before the first change. */
  readonly #initial: Offset
  readonly #rule: PosixRule | undefined
  #current: ZonePeriod | undefined

  constructor(
    name: string,
    initial: Offset,
    changes: readonly number[],
    types: readonly Offset[],
    rule: PosixRule | undefined,
  ) {
    this.name = name
    this.#initial = initial
    this.#changes = changes
    this.#types = types
    this.#rule = rule
  }

  /** Finds the period that contains an instant. */
  periodAt(unixSeconds: number): ZonePeriod {
    const current = this.#current
    if (current !== undefined && unixSeconds >= current.start && unixSeconds < current.end) {
      return current
    }
    return (this.#current = this.#findPeriod(unixSeconds))
  }

  /** Gives seconds east of UTC at an instant, in microseconds since 2000-01-01 UTC. */
  offsetAt(micros: number): number {
    return this.periodAt(Math.floor(micros / MICROS_PER_SECOND) + EPOCH_SECONDS).offset
  }

  /**
   * Gives seconds east of UTC of a local time (seconds since 2000-01-01 as if UTC). A time that a change skips
   * counts by the offset before it; one that occurs twice, by the offset after it.
   */
  offsetOfLocal(localSeconds: number): number {
    const local = localSeconds + EPOCH_SECONDS
    const before = this.periodAt(local - 86_400)
    if (before.end === Infinity) return before.offset
    const after = this.periodAt(before.end)
    const asBefore = local - before.offset
    const asAfter = local - after.offset
    if (asBefore < before.end && asAfter < before.end) return before.offset
    if (asBefore > before.end && asAfter >= before.end) return after.offset
    return asBefore > asAfter ? before.offset : after.offset
  }

  /** Gives the zone's own meaning of an abbreviation that it uses or used, at a local time. */
  offsetOfAbbreviation(abbreviation: string): Offset | undefined {
    const wanted = abbreviation.toUpperCase()
    const rule = this.#rule
    // The latest meaning wins.
    if (rule?.standard.abbreviation.toUpperCase() === wanted) {
      return { ...rule.standard, isDaylight: false }
    }
    if (rule?.daylight?.abbreviation.toUpperCase() === wanted) {
      const { offset, abbreviation: name } = rule.daylight
      return { offset, abbreviation: name, isDaylight: true }
    }
    for (let i = this.#types.length - 1; i >= 0; i--) {
      const type = this.#types[i]!
      if (type.abbreviation.toUpperCase() === wanted) return type
    }
    return this.#initial.abbreviation.toUpperCase() === wanted ? this.#initial : undefined
  }

  /**
   * Gives seconds east of UTC that an abbreviation of this zone means at a local time (seconds since 2000-01-01 as
   * if UTC): the latest use up to then, else the first one after.
   */
  offsetOfAbbreviationAt(abbreviation: string, localSeconds: number): number {
    const wanted = abbreviation.toUpperCase()
    const guess = this.offsetOfLocal(localSeconds)
    const instant = localSeconds + EPOCH_SECONDS - guess
    const now = this.periodAt(instant)
    for (let period = now, steps = 0; steps < 400; steps++) {
      if (period.abbreviation.toUpperCase() === wanted) return period.offset
      if (period.start === -Infinity) break
      period = this.#findPeriod(period.start - 1)
    }
    for (let period = now, steps = 0; steps < 400 && period.end !== Infinity; steps++) {
      period = this.#findPeriod(period.end)
      if (period.abbreviation.toUpperCase() === wanted) return period.offset
    }
    return guess
  }

  #findPeriod(unixSeconds: number): ZonePeriod {
    const changes = this.#changes
    const last = changes[changes.length - 1]
    if (last === undefined || unixSeconds >= last) {
      const start = last ?? -Infinity
      if (this.#rule !== undefined && (last === undefined || this.#rule.daylight !== undefined)) {
        const period = periodOfRule(this.#rule, unixSeconds)
        return period.start < start ? { ...period, start } : period
      }
      return { ...(this.#types[changes.length - 1] ?? this.#initial), start, end: Infinity }
    }
    let low = 0
    let high = changes.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (changes[middle]! > unixSeconds) high = middle
      else low = middle + 1
    }
    const end = changes[low]!
    if (low === 0) return { ...this.#initial, start: -Infinity, end }
    return { ...this.#types[low - 1]!, start: changes[low - 1]!, end }
  }
}

/** UTC, the zone of canonical text. */
export const UTC = new TimeZone(
  'UTC',
  { offset: 0, isDaylight: false, abbreviation: 'UTC' },
  [],
  [],
  undefined,
)

const zones = new Map<string, TimeZone | null>([['UTC', UTC]])
let zoneLines: Map<string, string> | undefined

/** Finds a zone by name (in any case) or POSIX notation; fails as SET TimeZone does when there is none. */
export function zoneNamed(name: string): TimeZone {
  const zone = findZone(name)
  if (zone !== undefined) return zone
  throw new EngineError(
    SQLSTATE.invalidParameterValue,
    `invalid value for parameter "TimeZone": "${name}"`,
  )
}

/** Finds a zone by name (in any case) or POSIX notation, or undefined. */
export function findZone(name: string): TimeZone | undefined {
  let zone = zones.get(name)
  if (zone === undefined) {
    zone = loadZone(name) ?? null
    zones.set(name, zone)
  }
  return zone ?? undefined
}

/** Finds the zone that SET TimeZone means: as findZone, and numbers are hours east of UTC. */
export function zoneOfSetting(text: string): TimeZone | undefined {
  const trimmed = text.trim()
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(trimmed)) return fixedZone(Number(trimmed) * 3600)
  return findZone(text)
}

/** Makes the zone of a fixed offset, named as PostgreSQL names it: `<+02>-02`. */
export function fixedZone(secondsEast: number): TimeZone {
  const seconds = Math.trunc(secondsEast)
  const size = Math.abs(seconds)
  const two = (value: number): string => String(value).padStart(2, '0')
  let clock = two(Math.floor(size / 3600))
  if (size % 3600 !== 0) clock += `:${two(Math.floor(size / 60) % 60)}`
  if (size % 60 !== 0) clock += `:${two(size % 60)}`
  const name = seconds >= 0 ? `<+${clock}>-${clock}` : `<-${clock}>+${clock}`
  return zoneNamed(name)
}

function loadZone(name: string): TimeZone | undefined {
  if (zoneLines === undefined) {
    zoneLines = new Map()
    for (const line of ZONES.split('\n')) {
      const [names = '', table = ''] = line.split('=')
      for (const each of names.split(' ')) zoneLines.set(each.toUpperCase(), `${each}=${table}`)
    }
  }
  const line = zoneLines.get(name.toUpperCase())
  if (line !== undefined) {
    const at = line.indexOf('=')
    return zoneOfTable(line.slice(0, at), line.slice(at + 1))
  }
  const upper = name.toUpperCase()
  const rule = parsePosixRule(upper)
  if (rule === undefined || (rule.standard.abbreviation === '' && rule.daylight !== undefined)) {
    return undefined
  }
  return new TimeZone(upper, { ...rule.standard, isDaylight: false }, [], [], rule)
}

/** Table format: `types|changes|indexes|rule`; see the script that generates time-zone-data.ts. */
function zoneOfTable(name: string, table: string): TimeZone {
  const [typeText = '', changeText = '', indexText = '', ruleText = ''] = table.split('|')
  const types = typeText.split(';').map((entry): Offset => {
    const [offset = '0', daylight, abbreviation = ''] = entry.split(',')
    return { offset: Number(offset), isDaylight: daylight === '1', abbreviation }
  })
  let time = 0
  const changes =
    changeText === '' ? [] : changeText.split(',').map((step) => (time += parseInt(step, 36)))
  const sequence = [...indexText].map((digit) => types[parseInt(digit, 36)]!)
  return new TimeZone(name, types[0]!, changes, sequence, parsePosixRule(ruleText))
}

/** What PostgreSQL's default abbreviation set says of a name: a fixed offset, or the zone that decides. */
export type AbbreviationMeaning =
  | { readonly kind: 'fixed'; readonly offset: number; readonly isDaylight: boolean }
  | { readonly kind: 'zone'; readonly zone: TimeZone; readonly abbreviation: string }

let abbreviations: Map<string, string> | undefined

/** Finds a zone abbreviation (`CEST`, `MSK`); the given zone's own abbreviations come first. */
export function findAbbreviation(
  name: string,
  session?: TimeZone,
): AbbreviationMeaning | undefined {
  const upper = name.toUpperCase()
  const own = session?.offsetOfAbbreviation(upper)
  if (session !== undefined && own !== undefined) {
    return { kind: 'zone', zone: session, abbreviation: upper }
  }
  abbreviations ??= new Map(
    ABBREVIATIONS.split('\n').map((line) => {
      const at = line.indexOf(' ')
      return [line.slice(0, at), line.slice(at + 1)]
    }),
  )
  const meaning = abbreviations.get(upper)
  if (meaning === undefined) return undefined
  const [first = '', flag] = meaning.split(' ')
  if (/^-?\d+$/.test(first)) {
    return { kind: 'fixed', offset: Number(first), isDaylight: flag === 'D' }
  }
  const zone = findZone(first)
  return zone === undefined ? undefined : { kind: 'zone', zone, abbreviation: upper }
}

/** Converts an instant (µs since 2000-01-01 UTC) to a zone's local time. */
export function localTimestamp(zone: TimeZone, micros: number | bigint): LocalMoment {
  const seconds = secondsOf(micros)
  const { offset, abbreviation } = zone.periodAt(seconds + EPOCH_SECONDS)
  // The infinities, as 64-bit extremes, have no local time.
  if (typeof micros === 'bigint') {
    const isInfinite = micros === 0x7fffffffffffffffn || micros === -0x8000000000000000n
    const local = isInfinite ? micros : micros + BigInt(offset) * 1_000_000n
    return { micros: local, offset, abbreviation }
  }
  return { micros: micros + offset * MICROS_PER_SECOND, offset, abbreviation }
}

/** Converts a zone's local time to an instant (µs since 2000-01-01 UTC). */
export function instantOfLocal(zone: TimeZone, localMicros: number): number
export function instantOfLocal(zone: TimeZone, localMicros: bigint): bigint
export function instantOfLocal(zone: TimeZone, localMicros: number | bigint): number | bigint {
  const offset = zone.offsetOfLocal(secondsOf(localMicros))
  if (typeof localMicros === 'bigint') {
    const isInfinite = localMicros === 0x7fffffffffffffffn || localMicros === -0x8000000000000000n
    return isInfinite ? localMicros : localMicros - BigInt(offset) * 1_000_000n
  }
  return localMicros - offset * MICROS_PER_SECOND
}

function secondsOf(micros: number | bigint): number {
  if (typeof micros === 'number') return Math.floor(micros / MICROS_PER_SECOND)
  const seconds = micros / 1_000_000n
  return Number(micros % 1_000_000n < 0n ? seconds - 1n : seconds)
}
