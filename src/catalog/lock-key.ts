/** The names under which tables stand in lock files. */
import type { TableDefinition } from './catalog.js'

const QUERY = 'query:'

/**
 * A table's key in its source's lock: its remote name, with the array whose elements it has (`unnest`), or `query:NAME` where a
 * native statement defines it.
 */
export function lockKeyOf(
  table: Pick<TableDefinition, 'name' | 'from' | 'query'> & {
    readonly unnest?: Readonly<Record<string, unknown>>
  },
): string {
  if (table.query !== undefined) return `${QUERY}${table.name}`
  const from = table.from ?? table.name
  const path = table.unnest?.path
  return typeof path === 'string' ? `${from}:${path.replaceAll('.', ':')}` : from
}

/** Tells whether a key belongs to a table that a native statement defines: such a table needs its entry in the source file. */
export function isQueryKey(key: string): boolean {
  return key.startsWith(QUERY)
}
