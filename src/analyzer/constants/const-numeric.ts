/** PostgreSQL's numeric as it lies in memory: base-10000 digits after a short or long header. */

const SHORT_FORM = 0x8000
const SPECIAL_FORM = 0xc000
const NEGATIVE_LONG = 0x4000
const NEGATIVE_SHORT = 0x2000
const DIGITS_PER_GROUP = 4

/** Prints a numeric's content (varlena header already gone) as PostgreSQL does. */
export function numericText(content: Uint8Array): string {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  const header = view.getUint16(0, true)
  const form = header & SPECIAL_FORM
  if (form === SPECIAL_FORM) {
    if ((header & 0xf000) === 0xd000) return 'Infinity'
    return (header & 0xf000) === 0xf000 ? '-Infinity' : 'NaN'
  }
  const isShort = form === SHORT_FORM
  const negative = isShort ? (header & NEGATIVE_SHORT) !== 0 : form === NEGATIVE_LONG
  const scale = isShort ? (header & 0x1f80) >> 7 : header & 0x3fff
  // The short form's weight is seven bits, signed.
  const weight = isShort ? ((header & 0x7f) << 25) >> 25 : view.getInt16(2, true)
  const groups: number[] = []
  for (let offset = isShort ? 2 : 4; offset + 2 <= content.length; offset += 2) {
    groups.push(view.getInt16(offset, true))
  }
  const group = (power: number): string =>
    String(groups[weight - power] ?? 0).padStart(DIGITS_PER_GROUP, '0')
  let integer = ''
  for (let power = weight; power >= 0; power--) integer += group(power)
  integer = integer.replace(/^0+(?=\d)/, '') || '0'
  let fraction = ''
  for (let power = -1; fraction.length < scale; power--) fraction += group(power)
  const text = scale === 0 ? integer : `${integer}.${fraction.slice(0, scale)}`
  return negative ? `-${text}` : text
}
