/** The settings of a session that change what values mean or look like. Plain data; travels to statement threads. */
export interface ValueSettings {
  /** A zone name PostgreSQL accepts: `UTC`, `Europe/Berlin`, `<+02>-02`. */
  readonly timeZone: string
  /** As SHOW DateStyle prints it: `ISO, MDY`. */
  readonly dateStyle: string
  readonly intervalStyle: 'postgres' | 'postgres_verbose' | 'sql_standard' | 'iso_8601'
  readonly extraFloatDigits: number
  readonly byteaOutput: 'hex' | 'escape'
}

export const DEFAULT_VALUE_SETTINGS: ValueSettings = {
  timeZone: 'UTC',
  dateStyle: 'ISO, MDY',
  intervalStyle: 'postgres',
  extraFloatDigits: 1,
  byteaOutput: 'hex',
}
