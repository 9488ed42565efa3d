/** The names under which tables stand in lock files. */
import type { TableDefinition } from './catalog.js'

const QUERY = 'query:'

/** A table's key in its source's lock: its remote name, or `query:NAME` where a native statement defines it. */
export function lockKeyOf(table: Pick<TableDefinition, 'name' | 'from' | 'query'>): string {
  return table.query === undefined ? (table.from ?? table.name) : `${QUERY}${table.name}`
}

/** Tells whether a key belongs to a table that a native statement defines: such a table needs its entry in the source file. */
export function isQueryKey(key: string): boolean {
  return key.startsWith(QUERY)
}
