/** What warehouses can hold: years 1 to 9999, numbers of so many digits. */
import { OID } from '../../types/sql-type.js'
import type { Beyond } from './choice-template.js'

/** Tells whether the years 1 to 9999 have a date or timestamp. */
export function isInCalendar(value: string): boolean {
  return /^\d{4}-/.test(value) && !value.startsWith('0000') && !value.endsWith('BC')
}

/** Tells the digits of a finite number; undefined for NaN and the infinities. */
export function digitsOf(value: string): { whole: number; scale: number } | undefined {
  const match = /^-?0*(\d*)(?:\.(\d+))?$/.exec(value)
  return match ? { whole: match[1]!.length, scale: match[2]?.length ?? 0 } : undefined
}

/** Where a value lies that no column can hold; undefined for those that one can. */
export function beyondOf(value: string, oid: number): Beyond | undefined {
  switch (oid) {
    case OID.date:
    case OID.timestamp:
    case OID.timestamptz:
      if (isInCalendar(value)) return undefined
      return value === '-infinity' || value.endsWith('BC') || value.startsWith('0000')
        ? 'below'
        : 'above'
    case OID.time:
      return value.startsWith('24') ? 'above' : undefined
    case OID.numeric: {
      const digits = digitsOf(value)
      if (digits !== undefined && digits.whole <= 38) return undefined
      return value.startsWith('-') ? 'below' : 'above'
    }
    default:
      return undefined
  }
}

/** Element type of the array types that can be sent as a list. */
export const ELEMENTS: Readonly<Record<number, number>> = {
  [OID.int2Array]: OID.int2,
  [OID.int4Array]: OID.int4,
  [OID.int8Array]: OID.int8,
  [OID.numericArray]: OID.numeric,
  [OID.textArray]: OID.text,
  [OID.varcharArray]: OID.text,
  [OID.dateArray]: OID.date,
  [OID.timestampArray]: OID.timestamp,
  [OID.timestamptzArray]: OID.timestamptz,
}
