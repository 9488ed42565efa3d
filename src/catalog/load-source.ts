/** Reads `sources/<name>.yaml` and its lock into a SourceDefinition. */
import { nameTypes } from './source-types.js'
import { basename, dirname } from 'node:path'
import type { SourceDefinition } from './catalog.js'
import { milliseconds } from './duration.js'
import { checkFileSchema, soundPartOf } from './file-schemas.js'
import type { SourceLock } from './lock-file.js'
import { isQueryKey, lockKeyOf } from './lock-key.js'
import { mergeTable } from './merge-table.js'
import { hasSecretReference, resolveSecretsWithin } from './secrets.js'
import type { SourceFileData, TableData } from './source-file.js'
import type { YamlFile } from './yaml-file.js'

const SECRET_KEYS = /^(password|passphrase|token|key|private_key|secret)$/

/** A source as far as its files can be read. */
export interface LoadedSource {
  readonly source: SourceDefinition
  /** Its tables are those that were meant, with all their columns: what names another one is wrong. */
  readonly tablesAreSound: boolean
  /** The kind of connector is readable, and what the connection says is what was meant. */
  readonly connectionIsSound: boolean
}

/**
 * Returns the source, or undefined when its file is too broken to read; problems go to the files. What is wrong in one place
 * does not keep the rest from being checked, except for what may follow from it.
 */
export function loadSource(
  file: YamlFile,
  lockFile: YamlFile | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): LoadedSource | undefined {
  const lockIsSound = lockFile === undefined || checkFileSchema(lockFile, 'source_lock')
  const sound = soundPartOf(file, 'source')
  if (sound === undefined) return undefined
  const { departs } = sound
  const data = sound.data as Partial<SourceFileData>
  const name = data.name ?? basename(file.file, '.yaml')
  const lock = lockIsSound ? (lockFile?.data as SourceLock | undefined) : undefined
  if (lock !== undefined && data.name !== undefined && lock.source !== data.name) {
    lockFile?.report(
      ['source'],
      'E3001',
      `The lock is of source "${lock.source}", not "${data.name}"`,
    )
  }
  reportSecretLiterals(file, data.connection ?? {})
  const connection = resolveSecretsWithin(data.connection ?? {}, environment, (path, what) =>
    file.report(['connection', ...path], 'E1008', `Unresolved secret: ${what}`),
  ) as Record<string, unknown>
  const seen = new Set<string>()
  const isListed = data.tables !== undefined
  // A piece that is no table at all is undefined.
  const listed: readonly (Partial<TableData> | undefined)[] = data.tables ?? tablesOfLock(lock)
  const declared = listed
    .map((table, index) => ({ table: { name: '', ...table }, index, isTable: table !== undefined }))
    .filter(({ isTable }) => isTable)
  const types = nameTypes(
    { ...lock?.types, ...data.types },
    declared.map(({ table }) => table.name),
  )
  let tablesAreSound = lockIsSound && !departs(['tables']) && !departs(['types'])
  const tables = declared.map(({ table, index }) => {
    const path = isListed ? ['tables', index] : ['name']
    const isWhole = lockIsSound && !(isListed && departs(path))
    const report: YamlFile['report'] = (place, code, message, options) => {
      // What is missing, or unknown, may be what was meant by the part that could not be read.
      if (!isWhole && (code === 'E3001' || code === 'E3003')) return
      if (code === 'E3002' && departs(['types'])) return
      tablesAreSound = false
      file.report(place, code, message, options)
    }
    if (table.name !== '' && seen.has(table.name)) {
      report([...path, 'name'], 'E3004', `Table "${table.name}" is defined twice`)
    }
    seen.add(table.name)
    const originDeparts = ['from', 'query'].some((key) => isListed && departs([...path, key]))
    if (table.from === undefined && table.query === undefined && !originDeparts) {
      report(path, 'E1003', `Table "${table.name}" needs "from" or "query"`)
    }
    if (table.from !== undefined && table.query !== undefined) {
      report([...path, 'query'], 'E1003', `Table "${table.name}" has both "from" and "query"`, {
        hint: 'keep the one that defines it',
      })
    }
    const locked = lock?.tables[lockKeyOf(table)]
    // `address.city`, `payload:kind`: a field of a column, which the lock has as a whole.
    const hasPaths = table.columns?.some((column) => /[.:]/.test(column?.from ?? '')) === true
    const nestedColumns = data.connector === undefined || data.connector === 'mongodb' || hasPaths
    const { foreign_keys: keys, ...others } = table
    const readable = isWhole && keys !== undefined ? table : others
    return mergeTable(readable, locked, { report, path, source: name, nestedColumns, types })
  })
  const timeout = data.limits?.statement_timeout
  const maxRows = data.limits?.max_rows
  const source: SourceDefinition = {
    name,
    connector: data.connector ?? '',
    ...(data.description === undefined ? {} : { description: data.description }),
    connection,
    limits: {
      ...(timeout === undefined ? {} : { statementTimeout: milliseconds(timeout) }),
      ...(maxRows === undefined ? {} : { maxRows }),
    },
    discover: { ...data.discover },
    ...(lock === undefined ? {} : { server: lock.server }),
    ...(types.length === 0 ? {} : { types }),
    tables,
    directory: dirname(file.file),
  }
  const connectionIsSound = data.connector !== undefined && !departs(['connection'])
  return { source, tablesAreSound, connectionIsSound }
}

/** Without `tables:`, every locked table is there under the last part of its name, in lower case. */
function tablesOfLock(lock: SourceLock | undefined): TableData[] {
  const keys = Object.keys(lock?.tables ?? {}).filter((key) => !isQueryKey(key))
  return keys.map((from) => {
    const last = from.split('/').at(-1) ?? from
    const base = /\.(csv|json|jsonl|ndjson|parquet)(\.gz)?$/.test(last)
      ? last.replace(/\.(csv|json|jsonl|ndjson|parquet)(\.gz)?$/, '')
      : (last.split('.').at(-1) ?? last)
    return { name: base.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_'), from }
  })
}

function reportSecretLiterals(file: YamlFile, connection: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(connection)) {
    if (typeof value !== 'string' || hasSecretReference(value)) continue
    const holdsPassword = /^[a-z][a-z0-9+.-]*:\/\/[^/@]*:[^/@]+@/.test(value)
    if ((SECRET_KEYS.test(key) && value !== '') || holdsPassword) {
      file.report(['connection', key], 'W1001', `Secret written out in "${key}"`, {
        hint: 'use ${env:NAME} or ${file:/path}',
        severity: 'warning',
      })
    }
  }
}
