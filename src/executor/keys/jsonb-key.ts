/** jsonb values as keys: PostgreSQL compares numbers inside jsonb by value, so `1.0` and `1` are one key. */

/** A JSON string, or a number with a fraction. Strings are matched first, so that digits inside them stay. */
const STRING_OR_FRACTION = /"(?:[^"\\]|\\.)*"|-?\d+\.\d+/g

/** Rewrites the canonical text of a jsonb value so that equal values have equal texts. */
export function jsonbKeyText(text: string): string {
  if (!text.includes('.')) return text
  return text.replace(STRING_OR_FRACTION, (part) => {
    if (part.startsWith('"')) return part
    const trimmed = part.replace(/\.?0+$/, '')
    return trimmed === '-0' ? '0' : trimmed
  })
}
