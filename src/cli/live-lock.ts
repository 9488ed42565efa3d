/** Reads a live source as a lock: what `discover` writes, and what drift is measured against. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { SourceDefinition } from '../catalog/catalog.js'
import { lockOf, type LockedTable, type SourceLock } from '../catalog/lock-file.js'
import { lockKeyOf } from '../catalog/lock-key.js'
import { tablesRead } from '../catalog/native-lineage.js'
import { connectorOf } from '../connectors/registry.js'

/** The lock file of a source in a catalog's directory. */
export function lockFileOf(directory: string, source: string): string {
  return join(directory, 'sources', `${source}.lock.yaml`)
}

/** Reads a lock file; undefined when there is none. */
export function readLockFile(file: string): SourceLock | undefined {
  return existsSync(file) ? (parse(readFileSync(file, 'utf8')) as SourceLock) : undefined
}

/** Discovers a source; `schemaOnly`: nothing is counted. Throws EngineErrors that name it. */
export async function readLiveLock(
  source: SourceDefinition,
  signal: AbortSignal,
  schemaOnly = false,
): Promise<SourceLock> {
  const { include = [], exclude = [] } = source.discover as {
    include?: string[]
    exclude?: string[]
  }
  const open = (await connectorOf(source.connector)).open(source)
  try {
    const found = await open.discover({
      include,
      exclude,
      declared: source.tables,
      schemaOnly,
      signal,
    })
    const lock = lockOf(source, found, new Date().toISOString().replace(/\.\d+Z$/, 'Z'))
    return { ...lock, tables: await withLineage(lock.tables, source) }
  } finally {
    await open.close()
  }
}

async function withLineage(
  tables: SourceLock['tables'],
  source: SourceDefinition,
): Promise<SourceLock['tables']> {
  const all: Record<string, LockedTable> = { ...tables }
  for (const table of source.tables) {
    const key = lockKeyOf(table)
    const locked = all[key]
    if (table.query === undefined || locked === undefined) continue
    const reads = await tablesRead(source.connector, table.query)
    if (reads !== undefined && reads.length > 0) all[key] = { ...locked, reads }
  }
  return all
}
