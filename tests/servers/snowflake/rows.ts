/** Values of DuckDB's results as Snowflake's JSON results write them: everything is a string. */
import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  type DuckDBValue,
} from '@duckdb/node-api'
import type { ValueType } from '../sql/value-type.js'

/** One value. */
export function cellOf(value: DuckDBValue, type: ValueType): string | null {
  if (value === null) return null
  if (value instanceof DuckDBTimestampTZValue) {
    const text = secondsText(value.micros)
    // In the zone it was given in, as minutes behind 1440.
    return type.name === 'TIMESTAMP_TZ' ? `${text} 1440` : text
  }
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimeValue) {
    return secondsText(value.micros)
  }
  if (value instanceof DuckDBDateValue) return String(value.days)
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString('hex').toUpperCase() // prettier-ignore
  if (typeof value === 'boolean') return value ? '1' : '0'
  if (typeof value === 'number') {
    if (Number.isNaN(value)) return 'NaN'
    if (Object.is(value, -0)) return '-0'
    if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  }
  return String(value)
}

function secondsText(micros: bigint): string {
  const size = micros < 0n ? -micros : micros
  const text = `${size / 1_000_000n}.${String(size % 1_000_000n).padStart(6, '0')}000`
  return micros < 0n ? `-${text}` : text
}
