/** Repeated and nested values: BigQuery's `{"f":[{"v":...}]}` becomes the JSON that the value means. */
import { quoteJson } from '../../types/json-input.js'
import { standardName, type SchemaField } from './types.js'

interface Cell {
  readonly v: unknown
}

/** Prints a value of a field as JSON; numbers keep all their digits. */
export function jsonOf(value: unknown, field: SchemaField): string {
  if (field.mode === 'REPEATED') {
    const item: SchemaField = { ...field, mode: 'NULLABLE' }
    return `[${((value ?? []) as Cell[]).map(({ v }) => jsonOf(v, item)).join(',')}]`
  }
  if (value === null || value === undefined) return 'null'
  const text = String(value)
  switch (standardName(field.type)) {
    case 'STRUCT': {
      const cells = (value as { readonly f: readonly Cell[] }).f
      const parts = (field.fields ?? []).map(
        (inner, i) => `${quoteJson(inner.name)}:${jsonOf(cells[i]?.v, inner)}`,
      )
      return `{${parts.join(',')}}`
    }
    case 'INT64':
    case 'NUMERIC':
    case 'BIGNUMERIC':
      return text
    case 'FLOAT64':
      // JSON has no NaN and no infinity.
      return /^-?\d/.test(text) ? String(Number(text)) : quoteJson(text)
    case 'BOOL':
      return text === 'true' ? 'true' : 'false'
    case 'TIMESTAMP':
      return quoteJson(timestampText(BigInt(text)))
    case 'JSON':
      return text
    default:
      return quoteJson(text)
  }
}

function timestampText(micros: bigint): string {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
  const seconds = Number((micros - fraction) / 1_000_000n)
  const text = new Date(seconds * 1000).toISOString().slice(0, 19)
  return fraction === 0n ? `${text}Z` : `${text}.${String(fraction).padStart(6, '0')}Z`
}
