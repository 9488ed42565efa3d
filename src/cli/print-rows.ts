/** Prints rows for people (a table as psql draws it) and for spreadsheets (CSV). */

/** Draws an aligned table with a header and a row count. NULL is empty. */
export function printTable(
  names: readonly string[],
  rows: readonly (readonly (string | null)[])[],
): string {
  const widths = names.map((name, i) =>
    Math.max(width(name), ...rows.map((row) => width(row[i] ?? ''))),
  )
  const isNumber = names.map(
    (_, i) =>
      rows.some((row) => (row[i] ?? null) !== null) &&
      rows.every((row) => (row[i] ?? null) === null || /^-?[\d.]+(e[+-]\d+)?$/.test(row[i] ?? '')),
  )
  const line = (
    row: readonly (string | null)[],
    pad: (text: string, i: number) => string,
  ): string =>
    row
      .map((value, i) => ` ${pad(value ?? '', i)} `)
      .join('|')
      .trimEnd()
  const fill = (text: string, i: number): string => ' '.repeat((widths[i] as number) - width(text))
  return [
    line(names, (text, i) => centre(text, widths[i] as number)),
    widths.map((w) => '-'.repeat(w + 2)).join('+'),
    ...rows.map((row) => line(row, (t, i) => (isNumber[i] ? fill(t, i) + t : t + fill(t, i)))),
    `(${rows.length} row${rows.length === 1 ? '' : 's'})`,
  ].join('\n')
}

/** Prints one CSV line; NULL is an empty field, an empty string is `""`. */
export function printCsvRow(row: readonly (string | null)[]): string {
  return row
    .map((value) => {
      if (value === null) return ''
      return value === '' || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
    })
    .join(',')
}

function width(text: string): number {
  return [...text].length
}

function centre(text: string, size: number): string {
  const left = Math.floor((size - width(text)) / 2)
  return ' '.repeat(left) + text + ' '.repeat(size - width(text) - left)
}
