/** Columns and their statistics. Values go to the lock file only where they are numbers or dates, never texts. */
import { remoteNameOf } from './remote-name.js'
import type { Client } from 'pg'
import { OID } from '../../types/sql-type.js'
import { formatTypeName, parseTypeName, typeInfo } from '../../types/type-registry.js'
import type { DiscoveredColumn } from '../connector.js'
import { describeCollation } from './text-semantics.js'

/** A column as the server's catalog describes it. */
export interface ColumnRow {
  readonly table: string
  readonly name: string
  readonly native: string
  /** The type below domains. */
  readonly base: number
  readonly base_typmod: number
  readonly base_kind: string
  /** The enum type below domains and arrays, as `types` of the lock names it, with its labels in order. */
  readonly enum_schema: string | null
  readonly enum_name: string | null
  readonly enum_labels: string | null
  readonly is_enum_array: boolean | null
  readonly is_domain: boolean
  readonly not_null: boolean
  readonly collation: string | null
  readonly provider: string | null
  readonly deterministic: boolean | null
  readonly null_frac: number | null
  readonly avg_width: number | null
  readonly n_distinct: number | null
  readonly bounds: string | null
  readonly common: string | null
  /** Common values, their shares and the histogram's bounds as JSON arrays; only of a table's columns. */
  readonly values?: string | null
  readonly shares?: string | null
  readonly histogram?: string | null
}

const BOUNDED: ReadonlySet<number> = new Set([
  ...[OID.int2, OID.int4, OID.int8, OID.float4, OID.float8, OID.numeric],
  ...[OID.date, OID.timestamp, OID.timestamptz],
])

/** Types whose common values and histograms the planner reads. */
const COUNTED = `'{16,20,21,23,25,700,701,1042,1043,1082,1114,1184,1700,2950}'::oid[]`

/** Every type with the type below it when it is a domain: of_type, oid, typtype, typtypmod, typnotnull. */
export const BASE_TYPES = `WITH RECURSIVE base AS (
       SELECT t.oid AS of_type, t.oid, t.typtype, t.typbasetype, t.typtypmod, t.typnotnull FROM pg_type t
       UNION ALL
       SELECT b.of_type, t.oid, t.typtype, t.typbasetype,
         CASE WHEN b.typtypmod = -1 THEN t.typtypmod ELSE b.typtypmod END, b.typnotnull OR t.typnotnull
       FROM base b JOIN pg_type t ON b.typtype = 'd' AND t.oid = b.typbasetype)`

/** What is told of an enum type below the type \`b\`: itself, or the elements of the array that it is. */
export const ENUM_COLUMNS = `en.nspname AS enum_schema, et.typname AS enum_name,
       (SELECT json_agg(el.enumlabel ORDER BY el.enumsortorder) FROM pg_enum el WHERE el.enumtypid = et.oid)::text
         AS enum_labels, et.oid <> bt.oid AS is_enum_array`
export const ENUM_JOIN = `LEFT JOIN pg_type bt ON bt.oid = b.oid
     LEFT JOIN pg_type et ON et.typtype = 'e' AND et.oid IN (bt.oid, CASE WHEN bt.typlen = -1 THEN bt.typelem ELSE 0 END)
     LEFT JOIN pg_namespace en ON en.oid = et.typnamespace`

/** The enum types of columns, by remote name. */
export type EnumTypes = Map<string, readonly string[]>

/** Reads the columns of tables, by the table's OID. `database`: its collation as lock files write it. */
export async function readColumns(
  client: Client,
  oids: readonly string[],
  database: string,
  enums: EnumTypes,
): Promise<ReadonlyMap<string, readonly DiscoveredColumn[]>> {
  const { rows } = await client.query<ColumnRow>(
    `${BASE_TYPES}
     SELECT a.attrelid::text AS table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS native,
       b.oid::int8::float8 AS base, CASE WHEN a.atttypmod <> -1 THEN a.atttypmod
         WHEN b.oid <> a.atttypid THEN b.typtypmod ELSE -1 END AS base_typmod,
       CASE WHEN b.oid < 16384 THEN b.typtype::text ELSE 'x' END AS base_kind,
       ${ENUM_COLUMNS}, b.oid <> a.atttypid AS is_domain, a.attnotnull OR b.typnotnull AS not_null,
       NULLIF(co.collname, 'default') AS collation, co.collprovider::text AS provider,
       co.collisdeterministic AS deterministic,
       s.null_frac, s.avg_width, s.n_distinct, s.histogram_bounds::text AS bounds, s.most_common_vals::text AS common,
       CASE WHEN b.oid = ANY (${COUNTED}) THEN to_json(s.most_common_vals::text::text[])::text END AS values,
       CASE WHEN b.oid = ANY (${COUNTED}) THEN to_json(s.most_common_freqs)::text END AS shares,
       CASE WHEN b.oid = ANY (${COUNTED}) THEN to_json(s.histogram_bounds::text::text[])::text END AS histogram
     FROM pg_attribute a
     JOIN pg_class c ON c.oid = a.attrelid
     JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN base b ON b.of_type = a.atttypid AND b.typtype <> 'd'
     ${ENUM_JOIN}
     LEFT JOIN pg_collation co ON co.oid = a.attcollation
     LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname
       AND (s.inherited = (c.relkind = 'p'))
     WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
     ORDER BY a.attrelid, a.attnum`,
    [oids],
  )
  const columns = new Map<string, DiscoveredColumn[]>()
  for (const row of rows) {
    const list = columns.get(row.table) ?? []
    list.push(describeColumn(row, database, enums))
    columns.set(row.table, list)
  }
  return columns
}

/** A column in the engine's terms; its enum type is added to `enums`. */
export function describeColumn(
  row: ColumnRow,
  database: string,
  enums: EnumTypes,
): DiscoveredColumn {
  const type = enumType(row, enums) ?? columnType(row)
  const hasCollation = row.deterministic !== null
  const collation = !hasCollation
    ? undefined
    : row.collation === null
      ? database
      : describeCollation(row.collation, row.provider ?? '', row.deterministic ?? true)
  const bounds = BOUNDED.has(row.base) ? boundsOf(row) : undefined
  return {
    name: row.name,
    type,
    // The name that a search path cuts short is written in full, as the type's.
    native: row.enum_name !== null && !row.is_domain ? type : row.native,
    ...(collation === undefined ? {} : { collation }),
    notNull: row.not_null,
    ...(row.n_distinct === null ? {} : { distinct: row.n_distinct }),
    ...(row.null_frac === null ? {} : { nullFraction: rounded(row.null_frac) }),
    ...(bounds === undefined ? {} : bounds),
    ...(row.avg_width === null ? {} : { width: row.avg_width }),
    ...distributionOf(row),
  }
}

function enumType(row: ColumnRow, enums: EnumTypes): string | undefined {
  const { enum_schema: schema, enum_name: name, enum_labels: labels } = row
  if (schema === null || name === null || labels === null) return undefined
  const remote = remoteNameOf({ schema, name })
  enums.set(remote, JSON.parse(labels) as string[])
  return row.is_enum_array === true ? `${remote}[]` : remote
}

/** The engine's type: a domain's base type, text for types of extensions. */
function columnType(row: ColumnRow): string {
  if (!row.is_domain) {
    try {
      return formatTypeName(parseTypeName(row.native))
    } catch {
      // Not built in: below.
    }
  }
  if (typeInfo(row.base).name === '???') return 'text'
  return formatTypeName({ oid: row.base, typmod: row.base_typmod })
}

/** The smallest and the largest value that ANALYZE saw: the histogram's ends and the common values. */
function boundsOf(row: ColumnRow): { readonly min: string; readonly max: string } | undefined {
  const values = [...elementsOf(row.bounds), ...elementsOf(row.common)]
  if (values.length === 0) return undefined
  const isNumber = !/^(1082|1114|1184)$/.test(String(row.base))
  // ISO dates of years 1 to 9999 are in the order of their text; others are left out of account.
  if (!isNumber && values.some((value) => !/^\d{4}-/.test(value) || value.endsWith('BC'))) {
    return undefined
  }
  if (isNumber && values.some((value) => !/^-?[\d.]+(e[+-]?\d+)?$/i.test(value))) return undefined
  const compare = (a: string, b: string) =>
    isNumber ? Number(a) - Number(b) : a < b ? -1 : a > b ? 1 : 0
  const sorted = [...values].sort(compare)
  return { min: sorted[0]!, max: sorted.at(-1)! }
}

/** More would only make the plan's statistics heavier. */
const MOST_VALUES = 50

function distributionOf(row: ColumnRow): Pick<DiscoveredColumn, 'mostCommon' | 'histogram'> {
  const list = <T>(json: string | null | undefined): readonly T[] =>
    json === null || json === undefined ? [] : (JSON.parse(json) as T[])
  const shares = list<number>(row.shares)
  const mostCommon = list<string>(row.values)
    .map((value, i) => ({ value, share: rounded(shares[i] ?? 0) }))
    .slice(0, MOST_VALUES)
  const bounds = list<string>(row.histogram)
  const step = Math.max(1, Math.floor((bounds.length - 1) / MOST_VALUES))
  // Every nth bound keeps the shares equal, as long as the last one is among them.
  const isEven = bounds.length > 0 && (bounds.length - 1) % step === 0
  const histogram = isEven ? bounds.filter((_, i) => i % step === 0) : bounds
  return {
    ...(mostCommon.length === 0 ? {} : { mostCommon }),
    ...(histogram.length < 2 ? {} : { histogram }),
  }
}

/** Splits the text of an array whose elements hold no braces or escapes. */
function elementsOf(text: string | null): readonly string[] {
  if (text === null || text.length <= 2) return []
  return text
    .slice(1, -1)
    .split(',')
    .map((element) => element.replace(/^"|"$/g, ''))
}

function rounded(fraction: number): number {
  return Math.round(fraction * 1e6) / 1e6
}
