/** The units that moments are truncated to and taken apart by, by the names PostgreSQL lists them under. */

/** Units that days are made of, or make up: their bounds are midnights. */
export const UNITS_OF_DAYS: readonly string[] = [
  ...['day', 'week', 'month', 'quarter', 'year', 'decade', 'century', 'millennium'],
]

/** Units shorter than a day. */
export const UNITS_WITHIN_DAYS: readonly string[] = [
  ...['microseconds', 'milliseconds', 'second', 'minute', 'hour'],
]

/** What else every day has a value of. */
export const CALENDAR_FIELDS: readonly string[] = [
  ...['dow', 'isodow', 'doy', 'isoyear', 'julian', 'epoch'],
]

/** What a moment can be truncated to. */
export const TRUNCATION_UNITS: readonly string[] = [...UNITS_WITHIN_DAYS, ...UNITS_OF_DAYS]
