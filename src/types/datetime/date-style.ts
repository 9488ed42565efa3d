/** The DateStyle setting taken apart. */

export type DateOutputStyle = 'iso' | 'sql' | 'postgres' | 'german'
export type DateFieldOrder = 'mdy' | 'dmy' | 'ymd'

export interface DateStyle {
  readonly output: DateOutputStyle
  readonly order: DateFieldOrder
}

export const ISO_DATE_STYLE: DateStyle = { output: 'iso', order: 'mdy' }

let lastText = 'ISO, MDY'
let lastStyle = ISO_DATE_STYLE

/** Reads a DateStyle as SHOW prints it (`ISO, MDY`). */
export function parseDateStyle(text: string): DateStyle {
  if (text === lastText) return lastStyle
  const words = text.toLowerCase().split(/[\s,]+/)
  const output: DateOutputStyle = words.includes('sql')
    ? 'sql'
    : words.includes('postgres')
      ? 'postgres'
      : words.includes('german')
        ? 'german'
        : 'iso'
  const order: DateFieldOrder = words.includes('dmy')
    ? 'dmy'
    : words.includes('ymd')
      ? 'ymd'
      : 'mdy'
  lastText = text
  lastStyle = { output, order }
  return lastStyle
}
