/** The lock file of a source: what `discover` read there. Generated, committed, free of values of text columns and of columns with a tag. */
import { createHash } from 'node:crypto'
import { Document, isMap, isSeq, stringify } from 'yaml'
import type { DiscoveredSource, DiscoveredTable } from '../connectors/connector.js'
import type { SourceDefinition, TableDefinition } from './catalog.js'
import { lockKeyOf } from './lock-key.js'

/** The data of a lock file, as its JSON Schema says. */
export interface SourceLock {
  readonly version: 1
  readonly kind: 'source_lock'
  readonly source: string
  readonly discovered_at?: string
  readonly server: {
    readonly product: string
    readonly version: string
    readonly collation?: string
    readonly timezone?: string
  }
  /** Enum types by remote name: their labels in order. */
  readonly types?: Readonly<Record<string, readonly string[]>>
  /** By remote name. */
  readonly tables: Readonly<Record<string, LockedTable>>
}

export interface LockedTable {
  readonly rows?: number
  readonly bytes?: number
  readonly hash?: string
  /** Of a `query:` table: the tables its statement names, for people to read. */
  readonly reads?: readonly string[]
  readonly primary_key?: readonly string[]
  readonly unique?: readonly (readonly string[])[]
  readonly indexes?: readonly (readonly string[])[]
  readonly require_filter?: readonly string[]
  readonly foreign_keys?: readonly {
    readonly columns: readonly string[]
    readonly references: string
    readonly to: readonly string[]
  }[]
  /** By remote name. */
  readonly columns: Readonly<Record<string, LockedColumn>>
}

export interface LockedColumn {
  readonly type: string
  readonly native?: string
  readonly collation?: string
  readonly not_null?: boolean
  readonly distinct?: number
  readonly null_fraction?: number
  readonly min?: string
  readonly max?: string
  readonly width?: number
}

/** Builds the lock of a discovered source; what it declares says which columns have tags. */
export function lockOf(
  { name, tables }: Pick<SourceDefinition, 'name' | 'tables'>,
  discovered: DiscoveredSource,
  at: string,
): SourceLock {
  const tagged = new Map(tables.map((table) => [lockKeyOf(table), taggedColumns(table)]))
  return {
    version: 1,
    kind: 'source_lock',
    source: name,
    discovered_at: at,
    server: discovered.server,
    ...(discovered.types === undefined ? {} : { types: discovered.types }),
    tables: Object.fromEntries(
      discovered.tables.map((table) => [
        table.from,
        lockedTable(table, tagged.get(table.from) ?? NONE),
      ]),
    ),
  }
}

const NONE: ReadonlySet<string> = new Set()

function taggedColumns({ columns }: TableDefinition): ReadonlySet<string> {
  return new Set(columns.filter(({ tags }) => tags.length > 0).map(({ from }) => from))
}

/** Prints a lock file; one column a line, so that diffs read well. */
export function printLock(lock: SourceLock): string {
  const document = new Document(lock, { aliasDuplicateObjects: false })
  const types = document.get('types')
  if (isMap(types)) {
    for (const { value } of types.items) if (isSeq(value)) value.flow = true
  }
  const tables = document.get('tables')
  if (isMap(tables)) {
    for (const table of tables.items) {
      if (!isMap(table.value)) continue
      for (const key of [
        ...['reads', 'primary_key', 'unique', 'indexes', 'require_filter', 'foreign_keys'],
      ]) {
        const node = table.value.get(key, true) as { flow?: boolean } | undefined
        if (node !== undefined) node.flow = true
      }
      const columns = table.value.get('columns')
      if (isMap(columns)) {
        for (const column of columns.items) {
          if (isMap(column.value)) column.value.flow = true
        }
      }
    }
  }
  return (
    `# written by \`tributary discover ${lock.source}\` - do not edit, override in ${lock.source}.yaml\n` +
    stringify(document, { lineWidth: 0, flowCollectionPadding: false })
  )
}

/** One way in which a live source departs from its lock. */
export interface Drift {
  /** The table's key in the lock. */
  readonly table: string
  readonly message: string
  /** Statements over the table as the lock has it may fail or mislead; what is merely new breaks nothing. */
  readonly breaks: boolean
}

/** Lists how a live source departs from its lock; [] when it fits. */
export function driftBetween(lock: SourceLock, live: SourceLock): readonly Drift[] {
  const drift: Drift[] = []
  for (const [name, table] of Object.entries(lock.tables)) {
    const now = live.tables[name]
    if (now === undefined)
      drift.push({ table: name, message: `table ${name} is gone`, breaks: true })
    else drift.push(...driftOfTable(name, table, now))
  }
  for (const [name, labels] of Object.entries(lock.types ?? {})) {
    const now = live.types?.[name]
    if (now !== undefined && now.join('\0') !== labels.join('\0')) {
      const message = `the labels of type ${name} were ${labels.join(', ')} and are ${now.join(', ')}`
      drift.push({ table: name, message, breaks: true })
    }
  }
  for (const name of Object.keys(live.tables)) {
    if (lock.tables[name] === undefined) {
      drift.push({ table: name, message: `table ${name} is new`, breaks: false })
    }
  }
  return drift
}

function driftOfTable(table: string, locked: LockedTable, live: LockedTable): readonly Drift[] {
  const drift: Drift[] = []
  const say = (breaks: boolean, message: string) => drift.push({ table, message, breaks })
  for (const [name, column] of Object.entries(locked.columns)) {
    const now = live.columns[name]
    if (now === undefined) say(true, `column ${table}.${name} is gone`)
    else if (now.type !== column.type) {
      say(true, `column ${table}.${name} was ${column.type} and is ${now.type}`)
    } else if (column.not_null === true && now.not_null !== true) {
      say(true, `column ${table}.${name} may now be NULL`)
    } else if (column.not_null !== true && now.not_null === true) {
      say(false, `column ${table}.${name} is now NOT NULL`)
    }
  }
  for (const name of Object.keys(live.columns)) {
    if (locked.columns[name] === undefined) say(false, `column ${table}.${name} is new`)
  }
  return drift
}

function lockedTable(table: DiscoveredTable, tagged: ReadonlySet<string>): LockedTable {
  const columns = Object.fromEntries(
    table.columns.map((column) => [
      column.name,
      {
        type: column.type,
        ...(column.native === column.type ? {} : { native: column.native }),
        ...(column.collation === undefined ? {} : { collation: column.collation }),
        ...(column.notNull ? { not_null: true } : {}),
        ...(column.distinct === undefined ? {} : { distinct: column.distinct }),
        ...(column.nullFraction === undefined ? {} : { null_fraction: column.nullFraction }),
        ...(column.min === undefined || tagged.has(column.name) ? {} : { min: column.min }),
        ...(column.max === undefined || tagged.has(column.name) ? {} : { max: column.max }),
        ...(column.width === undefined ? {} : { width: column.width }),
      },
    ]),
  )
  const schema = Object.entries(columns).map(([name, c]) => [name, c.type, c.not_null ?? false])
  const hash = createHash('sha256').update(JSON.stringify(schema)).digest('hex').slice(0, 16)
  return {
    ...(table.rows === undefined ? {} : { rows: table.rows }),
    ...(table.bytes === undefined ? {} : { bytes: table.bytes }),
    hash: `sha256:${hash}`,
    ...(table.primaryKey.length === 0 ? {} : { primary_key: table.primaryKey }),
    ...(table.unique.length === 0 ? {} : { unique: table.unique }),
    ...(table.indexes.length === 0 ? {} : { indexes: table.indexes }),
    ...(table.requireFilter === undefined ? {} : { require_filter: table.requireFilter }),
    ...(table.foreignKeys.length === 0 ? {} : { foreign_keys: table.foreignKeys }),
    columns,
  }
}
