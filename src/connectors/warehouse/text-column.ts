/**
 * Collects one column of a result whose values arrive as text inside JSON strings. Bytes go straight into the vector's lane
 * where the text is, or is turned by a few bytes into, PostgreSQL's own; everything else takes the road through a string.
 */
import { DEFAULT_VALUE_SETTINGS } from '../../session/settings/value-settings.js'
import { OID, type SqlType } from '../../types/sql-type.js'
import { canonicalDatum } from '../../types/text-input.js'
import { createVectorBuilder, type VectorBuilder } from '../../types/vectors/vector-builder.js'
import type { Vector } from '../../types/vectors/vector.js'
import { mismatchOf } from '../mismatched-value.js'

export interface TextColumn {
  /** Appends the string between two quotes, escapes and all. */
  append(bytes: Uint8Array, start: number, end: number): void
  appendNull(): void
  take(): Vector
}

/** Reads a value from the bytes of its JSON string into a builder. */
export type AppendText = (
  builder: VectorBuilder,
  bytes: Uint8Array,
  start: number,
  end: number,
) => void

/** Makes a column out of a way to append values; `name` is for errors. */
export function textColumn(
  name: string,
  type: SqlType,
  capacity: number,
  append: AppendText,
): TextColumn {
  const builder = createVectorBuilder(type, capacity)
  return {
    append: (bytes, start, end) => {
      try {
        append(builder, bytes, start, end)
      } catch (error) {
        throw mismatchOf(error, name)
      }
    },
    appendNull: () => builder.appendNull(),
    take: () => builder.finish(),
  }
}

const BACKSLASH = 92
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The string that a JSON string stands for. */
export function stringOf(bytes: Uint8Array, start: number, end: number): string {
  const text = decoder.decode(bytes.subarray(start, end))
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text
}

/** The text is PostgreSQL's already. */
export const appendAsIs: AppendText = (builder, bytes, start, end) =>
  builder.appendText(bytes, start, end)

const encoder = new TextEncoder()

/** A text, whose JSON escapes are undone. */
export const appendString: AppendText = (builder, bytes, start, end) => {
  for (let at = start; at < end; at++) {
    if (bytes[at] === BACKSLASH) {
      const text = encoder.encode(stringOf(bytes, start, end))
      builder.appendUtf8(text, 0, text.length)
      return
    }
  }
  builder.appendUtf8(bytes, start, end)
}

/** Reads any value by PostgreSQL's input function of the type; `textOf` makes of the string what that function reads. */
export function appendByInput(
  type: SqlType,
  textOf: (text: string) => string = (text) => text,
): AppendText {
  return (builder, bytes, start, end) => {
    const text = textOf(stringOf(bytes, start, end))
    builder.appendDatum(canonicalDatum(type, text, DEFAULT_VALUE_SETTINGS))
  }
}

/** A decimal, shown with so many digits behind the point; without a scale as it came. */
export function appendDecimal(scale: number | undefined, type: SqlType): AppendText {
  const throughInput = appendByInput({ oid: OID.numeric, typmod: type.typmod })
  return (builder, bytes, start, end) => {
    let unscaled = 0
    let digits = 0
    let decimals = -1
    let at = start
    const isNegative = bytes[at] === 45
    if (isNegative) at++
    for (; at < end; at++) {
      const digit = bytes[at]! - 48
      if (digit >= 0 && digit <= 9) {
        unscaled = unscaled * 10 + digit
        digits++
        if (decimals >= 0) decimals++
      } else if (digit === -2 && decimals < 0) decimals = 0
      else {
        throughInput(builder, bytes, start, end)
        return
      }
    }
    const shown = Math.max(decimals, 0)
    const wanted = scale ?? shown
    if (digits > 0 && digits + Math.max(0, wanted - shown) <= 15 && wanted >= shown) {
      for (let missing = wanted - shown; missing > 0; missing--) unscaled *= 10
      builder.appendDecimal(isNegative && unscaled !== 0 ? -unscaled : unscaled, wanted)
      return
    }
    const text = stringOf(bytes, start, end)
    const padded =
      wanted > shown ? `${decimals < 0 ? `${text}.` : text}${'0'.repeat(wanted - shown)}` : text
    builder.appendDatum(canonicalDatum(type, padded, DEFAULT_VALUE_SETTINGS))
  }
}
