/** A table of a test world: plain rows, wherever they are then put. */

export interface WorldColumn {
  readonly name: string
  /** A PostgreSQL type in SQL: `int4`, `numeric(12,2)`, `text`. */
  readonly type: string
}

export interface WorldTable {
  readonly name: string
  readonly columns: readonly WorldColumn[]
  readonly primaryKey?: readonly string[]
  /** Enum types that its columns have, by name: labels in their order. For PostgreSQL sources. */
  readonly enums?: Readonly<Record<string, readonly string[]>>
  /** Values in PostgreSQL's text form; null: NULL. */
  readonly rows: readonly (readonly (string | null)[])[]
}

/** Where a table of a world lives. */
export type SourceName = 'pg' | 'my' | 'fs'

/** Table name -> source. */
export type Split = Readonly<Record<string, SourceName>>
