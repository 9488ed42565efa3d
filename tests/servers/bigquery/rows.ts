/** Values of DuckDB's results as BigQuery's REST interface writes them. */
import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  type DuckDBValue,
} from '@duckdb/node-api'
import type { ValueType } from '../sql/value-type.js'

type Cell = { readonly v: unknown }

/** A row as `{"f":[{"v":...},...]}`. */
export function rowOf(values: readonly DuckDBValue[], types: readonly ValueType[]): { f: Cell[] } {
  return { f: values.map((value, i) => ({ v: cellOf(value, types[i]!) })) }
}

function cellOf(value: DuckDBValue, type: ValueType): unknown {
  if (type.name === 'ARRAY') {
    // A NULL array is an empty one.
    const items = value instanceof DuckDBListValue ? value.items : []
    return items.map((item) => ({ v: cellOf(item, type.element!) }))
  }
  if (value === null) return null
  if (type.name === 'STRUCT' && value instanceof DuckDBStructValue) {
    return { f: type.fields!.map((field) => ({ v: cellOf(value.entries[field.name]!, field.type) })) } // prettier-ignore
  }
  // A product of BIGNUMERICs is a text already.
  if (type.name === 'BIGNUMERIC') return withoutTrailingZeros(String(value))
  return textOf(value)
}

function withoutTrailingZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

function textOf(value: DuckDBValue): string {
  if (value instanceof DuckDBTimestampTZValue) return String(value.micros)
  if (value instanceof DuckDBTimestampValue) return datetimeText(value.micros)
  if (value instanceof DuckDBDateValue) return datetimeText(BigInt(value.days) * 86_400_000_000n).slice(0, 10) // prettier-ignore
  if (value instanceof DuckDBTimeValue) return datetimeText(value.micros).slice(11)
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString('base64')
  if (value instanceof DuckDBDecimalValue) return withoutTrailingZeros(value.toString())
  if (typeof value === 'number') {
    if (Number.isNaN(value)) return 'NaN'
    if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
    if (Object.is(value, -0)) return '-0.0'
    return Number.isInteger(value) && Math.abs(value) < 1e15 ? `${value}.0` : String(value)
  }
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  return String(value)
}

function datetimeText(micros: bigint): string {
  const seconds = micros >= 0n ? micros / 1_000_000n : -((-micros + 999_999n) / 1_000_000n)
  const fraction = Number(micros - seconds * 1_000_000n)
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19)
  return fraction === 0 ? text : `${text}.${String(fraction).padStart(6, '0')}`
}
