/** Merges what the source file says of a table with what the lock knows: the file wins, the lock fills in. */
import { typeHere } from './source-types.js'
import { parseTypeName } from '../types/type-registry.js'
import { EngineError } from '../errors.js'
import type { ColumnDefinition, ColumnStatistics, SourceType, TableDefinition } from './catalog.js'
import { didYouMean } from './did-you-mean.js'
import type { LockedColumn, LockedTable } from './lock-file.js'
import type { ColumnData, TableData } from './source-file.js'
import type { YamlFile, YamlPath } from './yaml-file.js'

/** Where problems of a table are reported: its place in the source file. */
export interface TablePlace {
  readonly report: YamlFile['report']
  readonly path: YamlPath
  readonly source: string
  /** Remote column names may be paths into documents; then the lock does not bound them. */
  readonly nestedColumns: boolean
  /** The source's enum types. */
  readonly types: readonly SourceType[]
}

/** Builds the table's definition; problems go to the file. */
export function mergeTable(
  data: TableData,
  locked: LockedTable | undefined,
  place: TablePlace,
): TableDefinition {
  const columns = mergeColumns(data, locked, place)
  const byRemoteName = new Map(columns.map((column) => [column.from, column.name]))
  const rename = (names: readonly string[]): string[] | undefined => {
    const renamed = names.map((name) => byRemoteName.get(name))
    return renamed.every((name) => name !== undefined) ? renamed : undefined
  }
  const renameAll = (lists: readonly (readonly string[])[] | undefined): string[][] =>
    (lists ?? []).map(rename).filter((names) => names !== undefined)
  const known = new Set(columns.map((column) => column.name))
  const hidden = new Set(columns.filter((column) => column.hidden).map((column) => column.name))
  const check = (names: readonly string[] | undefined, key: string): readonly string[] => {
    names?.forEach((name, i) => {
      if (known.has(name)) return
      const message = `Table ${place.source}.${data.name} has no column "${name}"`
      place.report([...place.path, key, i], 'E3001', message, {
        hint: didYouMean(name, known),
      })
    })
    return names ?? []
  }
  const checkVisible = (names: readonly string[]): readonly string[] => {
    names.forEach((name, i) => {
      if (!hidden.has(name)) return
      const message = `Nobody can filter by "${name}": the column is hidden`
      place.report([...place.path, 'require_filter', i], 'E3001', message, {
        hint: 'name a column that statements can use, or take `hidden` away',
      })
    })
    return names
  }
  if (columns.length === 0) {
    const hint = `run \`tributary discover ${place.source} --write\`, or list its columns here`
    const message = `Columns of table ${place.source}.${data.name} are not known`
    place.report(place.path, 'E3003', message, { hint })
  }
  const options: Record<string, unknown> = {}
  if (data.unnest !== undefined) options.unnest = data.unnest
  return {
    name: data.name,
    ...(data.from === undefined ? {} : { from: data.from }),
    ...(data.query === undefined ? {} : { query: data.query }),
    ...(data.description === undefined ? {} : { description: data.description }),
    columns,
    primaryKey:
      data.primary_key === undefined
        ? (rename(locked?.primary_key ?? []) ?? [])
        : check(data.primary_key, 'primary_key'),
    unique: data.unique ?? renameAll(locked?.unique),
    foreignKeys: (data.foreign_keys ?? []).map((key) => ({
      columns: key.columns,
      references: key.references,
      to: key.to,
      rely: key.rely ?? false,
    })),
    indexes: renameAll(locked?.indexes),
    rely: data.rely ?? false,
    statistics: mergeStatistics(data, locked, columns),
    requireFilter:
      data.require_filter === undefined
        ? (rename(locked?.require_filter ?? []) ?? [])
        : checkVisible(check(data.require_filter, 'require_filter')),
    ...(data.format === undefined ? {} : { format: data.format }),
    options,
  }
}

function mergeColumns(
  data: TableData,
  locked: LockedTable | undefined,
  place: TablePlace,
): ColumnDefinition[] {
  const declared = new Map<string, { column: ColumnData; index: number }>()
  data.columns?.forEach((column, index) => {
    if (column?.name === undefined) return
    const remote = remoteNameOf(column, locked, place)
    if (declared.has(remote)) {
      place.report([...place.path, 'columns', index], 'E3004', `Column "${remote}" is listed twice`)
    }
    declared.set(remote, { column, index })
  })
  const columns: ColumnDefinition[] = []
  for (const [remote, lockedColumn] of Object.entries(locked?.columns ?? {})) {
    const entry = declared.get(remote)
    declared.delete(remote)
    const name = entry?.column.name ?? localName(remote, place)
    columns.push(mergeColumn(name, remote, entry, lockedColumn, place))
  }
  for (const [remote, entry] of declared) {
    const isUnknown = locked !== undefined && !place.nestedColumns && data.query === undefined
    const isPartition =
      (data.format?.partitions as Record<string, unknown> | undefined)?.[remote] !== undefined
    if (isUnknown && !isPartition) {
      const message = `${data.from ?? data.name} has no column "${remote}" in the lock of source ${place.source}`
      const hint =
        didYouMean(remote, Object.keys(locked.columns)) ??
        `run \`tributary discover ${place.source} --write\` if it is new`
      place.report([...place.path, 'columns', entry.index], 'E3001', message, { hint })
    }
    columns.push(mergeColumn(entry.column.name, remote, entry, undefined, place))
  }
  const seen = new Set<string>()
  for (const column of columns) {
    if (seen.has(column.name)) {
      place.report(place.path, 'E3004', `Two columns are named "${column.name}"`, {
        hint: 'give one of them another name with `- {name: ..., from: ...}`',
      })
    }
    seen.add(column.name)
  }
  return columns
}

/** `from`, else the remote column of the same name in whatever case, else the name itself. */
function remoteNameOf(
  column: ColumnData,
  locked: LockedTable | undefined,
  place: TablePlace,
): string {
  if (column.from !== undefined) return column.from
  const names = Object.keys(locked?.columns ?? {})
  return (
    names.find((name) => name === column.name) ??
    names.find((name) => localName(name, place) === column.name) ??
    column.name
  )
}

/** A remote column's name here: in lower case; of a path into documents also without dots (`address.city`: address_city). */
function localName(remote: string, place: TablePlace): string {
  const lower = remote.toLowerCase()
  if (!place.nestedColumns) return lower
  if (lower === '#') return 'position'
  return lower.replace(/^\.\.\/_?/, 'parent_').replaceAll('.', '_')
}

function mergeColumn(
  name: string,
  remote: string,
  entry: { column: ColumnData; index: number } | undefined,
  locked: LockedColumn | undefined,
  place: TablePlace,
): ColumnDefinition {
  const column = entry?.column
  const written = column?.type ?? locked?.type
  const enumType = written && typeHere(written, place.types, place.source)
  const type = enumType ?? written
  const at = entry === undefined ? place.path : [...place.path, 'columns', entry.index]
  if (type === undefined) {
    const hint = `add \`type:\`, or run \`tributary discover ${place.source} --write\``
    place.report(at, 'E3003', `Type of column "${name}" is not known`, { hint })
  } else if (enumType === undefined) {
    try {
      parseTypeName(type)
    } catch (error) {
      const message = error instanceof EngineError ? error.message : String(error)
      const typePath = column?.type === undefined ? at : [...at, 'type']
      place.report(typePath, 'E3002', `Column "${name}": ${message}`, {
        hint: didYouMean(type, [...COMMON_TYPES, ...place.types.map(({ name }) => name)]),
      })
    }
  }
  const options: Record<string, unknown> = {}
  for (const key of ['bson', 'on_type_error', 'zero_date'] as const) {
    if (column?.[key] !== undefined) options[key] = column[key]
  }
  const native = column?.native ?? locked?.native ?? locked?.type
  const collation = column?.collation ?? locked?.collation
  return {
    name,
    from: remote,
    type: type ?? 'text',
    ...(native === undefined ? {} : { native }),
    ...(collation === undefined ? {} : { collation }),
    notNull: column?.not_null ?? locked?.not_null ?? false,
    hidden: column?.hidden ?? false,
    tags: column?.tags ?? [],
    ...(column?.description === undefined ? {} : { description: column.description }),
    options,
  }
}

const COMMON_TYPES = [
  ...['boolean', 'smallint', 'integer', 'bigint', 'real', 'double precision', 'numeric', 'text'],
  ...['varchar', 'bytea', 'date', 'time', 'timestamp', 'timestamptz', 'interval', 'uuid', 'jsonb'],
]

function mergeStatistics(
  data: TableData,
  locked: LockedTable | undefined,
  columns: readonly ColumnDefinition[],
): TableDefinition['statistics'] {
  const merged: Record<string, ColumnStatistics> = {}
  for (const column of columns) {
    const known = locked?.columns[column.from]
    const said = data.stats?.columns?.[column.name]
    const distinct = said?.distinct ?? known?.distinct
    const nullFraction = said?.null_fraction ?? known?.null_fraction
    const min = said?.min ?? known?.min
    const max = said?.max ?? known?.max
    const width = said?.width ?? known?.width
    merged[column.name] = {
      ...(distinct === undefined ? {} : { distinct }),
      ...(nullFraction === undefined ? {} : { nullFraction }),
      ...(min === undefined ? {} : { min: String(min) }),
      ...(max === undefined ? {} : { max: String(max) }),
      ...(width === undefined ? {} : { width }),
    }
  }
  const rows = data.stats?.rows ?? locked?.rows
  return {
    ...(rows === undefined ? {} : { rows }),
    ...(locked?.bytes === undefined ? {} : { bytes: locked.bytes }),
    columns: merged,
  }
}
