/** Reads `sources/<name>.yaml` and its lock into a SourceDefinition. */
import { nameTypes } from './source-types.js'
import { dirname } from 'node:path'
import type { SourceDefinition } from './catalog.js'
import { milliseconds } from './duration.js'
import { checkFileSchema } from './file-schemas.js'
import type { SourceLock } from './lock-file.js'
import { isQueryKey, lockKeyOf } from './lock-key.js'
import { mergeTable } from './merge-table.js'
import { hasSecretReference, resolveSecretsWithin } from './secrets.js'
import type { SourceFileData, TableData } from './source-file.js'
import type { YamlFile } from './yaml-file.js'

const SECRET_KEYS = /^(password|passphrase|token|key|private_key|secret)$/

/** Returns the source, or undefined when its file is too broken to read; problems go to the files. */
export function loadSource(
  file: YamlFile,
  lockFile: YamlFile | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): SourceDefinition | undefined {
  const lockIsSound = lockFile === undefined || checkFileSchema(lockFile, 'source_lock')
  if (!checkFileSchema(file, 'source')) return undefined
  const data = file.data as SourceFileData
  const lock = lockIsSound ? (lockFile?.data as SourceLock | undefined) : undefined
  if (lock !== undefined && lock.source !== data.name) {
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
  const declared = data.tables ?? tablesOfLock(lock)
  const types = nameTypes(
    { ...lock?.types, ...data.types },
    declared.map(({ name }) => name),
  )
  const tables = declared.map((table, index) => {
    const path = data.tables === undefined ? ['name'] : ['tables', index]
    if (seen.has(table.name)) {
      file.report([...path, 'name'], 'E3004', `Table "${table.name}" is defined twice`)
    }
    seen.add(table.name)
    if (table.from === undefined && table.query === undefined) {
      file.report(path, 'E1003', `Table "${table.name}" needs "from" or "query"`)
    }
    if (table.from !== undefined && table.query !== undefined) {
      file.report(
        [...path, 'query'],
        'E1003',
        `Table "${table.name}" has both "from" and "query"`,
        {
          hint: 'keep the one that defines it',
        },
      )
    }
    const locked = lock?.tables[lockKeyOf(table)]
    // `address.city`, `payload:kind`: a field of a column, which the lock has as a whole.
    const hasPaths = table.columns?.some((column) => /[.:]/.test(column.from ?? '')) === true
    const nestedColumns = data.connector === 'mongodb' || hasPaths
    return mergeTable(table, locked, { file, path, source: data.name, nestedColumns, types })
  })
  const timeout = data.limits?.statement_timeout
  const maxRows = data.limits?.max_rows
  return {
    name: data.name,
    connector: data.connector,
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
