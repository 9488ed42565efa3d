/** Names of tables as source files write them (`schema.table`), and as SQL does. */
import { quoteWithDoubleQuotes } from '../sql/ansi-dialect.js'

/** A table's name in source files: parts that contain dots or quotes are quoted. */
export function remoteNameOf(table: { readonly schema: string; readonly name: string }): string {
  const part = (name: string) => (/[."]/.test(name) ? quoteWithDoubleQuotes(name) : name)
  return `${part(table.schema)}.${part(table.name)}`
}

/** Quotes `schema.table` as discovery writes it: parts with dots or quotes in them are quoted already. */
export function printRemoteName(from: string): string {
  const parts = from.match(/"(?:[^"]|"")*"|[^.]+/g) ?? [from]
  const names = parts.map((part) =>
    part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part,
  )
  if (names.length === 1) names.unshift('public')
  return names.map(quoteWithDoubleQuotes).join('.')
}
