/** What an expression may name: columns with what the generator must know of their values. */
import type { Random } from '../world/random.js'
import { BASIC_SPLITS, BASIC_TABLES } from '../world/basic-tables.js'
import { ENUM_TABLE } from '../world/enum-table.js'
import type { WorldTable } from '../world/table.js'
import type { SqlPart } from './sql-tree.js'

/** The types that statements are made of; varchar counts as text. */
export type ValueType =
  | 'int2'
  | 'int4'
  | 'int8'
  | 'numeric'
  | 'float4'
  | 'float8'
  | 'text'
  | 'bool'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz'
  | 'uuid'
  | 'jsonb'
  | 'bytea'
  | 'interval'
  | 'timetz'
  | 'json'
  | 'int4[]'
  | 'text[]'
  | 'bpchar'
  | 'name'
  | 'oid'
  | 'grade'
  | 'state'
  | 'grade[]'

export const VALUE_TYPES: readonly ValueType[] = [
  ...(['int2', 'int4', 'int8', 'numeric', 'float4', 'float8', 'text', 'bool', 'date'] as const),
  ...(['time', 'timestamp', 'timestamptz', 'uuid', 'jsonb', 'bytea'] as const),
  ...(['interval', 'timetz', 'json', 'int4[]', 'text[]', 'bpchar', 'name', 'oid'] as const),
  ...(['grade', 'state', 'grade[]'] as const),
]

/** Something an expression can name. */
export interface ScopeColumn {
  /** How it is written: `o.status`, or a whole aggregate call above a GROUP BY. */
  readonly sql: SqlPart
  readonly type: ValueType
  /** Small numbers can be calculated with without fear of overflow; floats among them add up exactly. */
  readonly small: boolean
  /** Equal values look equal: not so for numerics of different scales. */
  readonly plain: boolean
}

/** A table the generator draws from. */
export interface FuzzTable {
  readonly name: string
  readonly rows: number
  readonly columns: readonly { name: string; type: ValueType; small: boolean; plain: boolean }[]
}

/** Numbers and moments that may not be calculated with: infinite, or too far apart. */
const INEXACT = new Set(['customer.score', 'wide.exact', 'wide.at', 'wide.day', 'wide.id_of'])
/** Columns of which equal values look different. */
const NOT_PLAIN = new Set(['wide.span', 'wide.exact'])

/** Rows of the large tables that are taken: more of them would show nothing more, and everything would take longer. */
const TAKEN_ROWS: Readonly<Record<string, number>> = { orders: 100, item: 200 }

/** The basic tables with as many rows as random statements need. */
export const WORLD_TABLES: readonly WorldTable[] = [...BASIC_TABLES, ENUM_TABLE].map((table) => ({
  ...table,
  rows: table.rows.slice(0, TAKEN_ROWS[table.name]),
}))

/** Where they live: enums only in PostgreSQL. */
export const WORLD_SPLITS = Object.entries(BASIC_SPLITS).map(
  ([name, split]) => [name, { ...split, [ENUM_TABLE.name]: 'pg' as const }] as const,
)

/** The tables as the generator sees them. */
export const FUZZ_TABLES: readonly FuzzTable[] = WORLD_TABLES.map((table) => ({
  name: table.name,
  rows: table.rows.length,
  columns: table.columns.map((column) => {
    const base = column.type.replace(/\(.*/, '')
    return {
      name: column.name,
      type: (base === 'varchar' ? 'text' : base) as ValueType,
      small:
        (table.name !== 'extremes' || column.name === 'k') &&
        !INEXACT.has(`${table.name}.${column.name}`),
      plain: !NOT_PLAIN.has(`${table.name}.${column.name}`),
    }
  }),
}))

/** What drawing needs beside a scope. */
export interface Draw {
  readonly random: Random
  /** Constants become parameters now and then. */
  readonly parameters: boolean
  /** Constructs that are hardly written may occur. */
  readonly rare: boolean
  /** Gives a name that the statement does not have yet. */
  alias(): string
  /** Draws a query over one column of the type, seeing `outer`; undefined: no more nesting. */
  oneColumn(
    type: ValueType,
    outer: readonly ScopeColumn[],
    depth: number,
    scalar: boolean,
  ): SqlPart | undefined
  /** Draws a query for EXISTS. */
  anyRows(outer: readonly ScopeColumn[], depth: number): SqlPart | undefined
}
