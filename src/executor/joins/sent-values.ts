/** What is read here first and then sent to another source: its rows as plain batches, and values that not every source knows. */
import { OID } from '../../types/sql-type.js'
import { batchOf, columnAt } from '../batch.js'
import type { Batch } from '../batch.js'

const PLAIN_TEXT: ReadonlySet<number> = new Set([OID.text, OID.varchar, OID.bpchar, OID.uuid])
const FLOATS: ReadonlySet<number> = new Set([OID.float4, OID.float8])
/** NaN and the infinities; an exponent has another letter. */
const NOT_FINITE = /[an]/i
/** Digits of a number that every source compares. */
const DIGITS = 30

/** Tells whether a value lies outside what other systems know: NaN, infinities, dates before Christ, very long numbers. */
export function isOdd(key: string, oid: number): boolean {
  if (PLAIN_TEXT.has(oid)) return key.includes('\0')
  if (oid === OID.bool) return false
  if (FLOATS.has(oid)) return NOT_FINITE.test(key)
  return key.length > DIGITS || /[a-z]|^\d{5,}-/i.test(key)
}

/** A batch without a selection. */
export function dense(batch: Batch): Batch {
  if (batch.selection === undefined) return batch
  return batchOf(
    batch.columns.map((_, index) => columnAt(batch, index)),
    batch.length,
  )
}
