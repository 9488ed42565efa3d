/** The virtual catalog in memory: what the YAML and SQL files and the locks say, checked and merged. Plain data. */

export interface Catalog {
  readonly name: string
  /** What clients name as the database. */
  readonly database: string
  readonly searchPath: readonly string[]
  readonly timezone: string
  /** Changes with every reload: part of every plan cache key. */
  readonly version: string
  /** `catalog.yaml` defaults.statement_timeout in ms; 0: none. */
  readonly statementTimeout: number
  readonly sources: readonly SourceDefinition[]
  readonly views: readonly ViewDefinition[]
  readonly principals: Principals
}

export interface SourceDefinition {
  readonly name: string
  /** The folder in src/connectors that serves it. */
  readonly connector: string
  readonly description?: string
  /** Secrets resolved; never logged, never printed. */
  readonly connection: Readonly<Record<string, unknown>>
  readonly limits: { readonly statementTimeout?: number; readonly maxRows?: number }
  readonly discover: Readonly<Record<string, unknown>>
  /** What `discover` learnt of the server. */
  readonly server?: ServerFacts
  /** Enum types of the source; absent: none. */
  readonly types?: readonly SourceType[]
  readonly tables: readonly TableDefinition[]
  /** Relative paths in `connection` are relative to this directory. */
  readonly directory: string
  /** Sources whose tables one statement may read together with this one's; set where statements are planned and run. */
  readonly neighbours?: readonly SourceDefinition[]
}

export interface ServerFacts {
  readonly product: string
  readonly version: string
  readonly collation?: string
  readonly timezone?: string
}

/** An enum type of a source. It lives in the schema named like the source. */
export interface SourceType {
  readonly name: string
  /** Its name at the source: `schema.type`. */
  readonly from: string
  /** In their order. */
  readonly labels: readonly string[]
}

/** A virtual table. It lives in the schema named like its source. */
export interface TableDefinition {
  readonly name: string
  /** Its name at the source: `schema.table`, `database.TABLE`, a file or glob. Absent for `query` tables. */
  readonly from?: string
  /** A statement in the source's own language that defines the table. */
  readonly query?: string
  readonly description?: string
  readonly columns: readonly ColumnDefinition[]
  readonly primaryKey: readonly string[]
  readonly unique: readonly (readonly string[])[]
  readonly foreignKeys: readonly ForeignKey[]
  readonly indexes: readonly (readonly string[])[]
  /** The planner may build on the keys. */
  readonly rely: boolean
  readonly statistics: TableStatistics
  readonly requireFilter: readonly string[]
  /** Of files: format options, as in the YAML. */
  readonly format?: Readonly<Record<string, unknown>>
  /** Connector-specific keys of the table's YAML (unnest, ...). */
  readonly options: Readonly<Record<string, unknown>>
}

export interface ColumnDefinition {
  readonly name: string
  /** Its name (or path) at the source. */
  readonly from: string
  /** A PostgreSQL type in SQL: `bigint`, `numeric(12,2)`, `text[]`; of an enum type its full name here: `"crm"."status"`. */
  readonly type: string
  /** The source's own type, from discovery: `bigint unsigned`, `enum('a','b')`. */
  readonly native?: string
  /** The source's collation of a text column, from discovery. */
  readonly collation?: string
  readonly notNull: boolean
  /** It is read by no statement and does not exist for who uses the catalog. */
  readonly hidden: boolean
  readonly tags: readonly string[]
  readonly description?: string
  readonly options: Readonly<Record<string, unknown>>
}

export interface ForeignKey {
  readonly columns: readonly string[]
  /** `source.table` */
  readonly references: string
  readonly to: readonly string[]
  readonly rely: boolean
}

export interface TableStatistics {
  readonly rows?: number
  readonly bytes?: number
  readonly columns: Readonly<Record<string, ColumnStatistics>>
}

export interface ColumnStatistics {
  readonly distinct?: number
  /** 0..1 */
  readonly nullFraction?: number
  /** PostgreSQL's text output. */
  readonly min?: string
  readonly max?: string
  /** Average width in bytes. */
  readonly width?: number
  /** The most common values in PostgreSQL's text form with their shares of all rows, the most common first. Never from a lock. */
  readonly mostCommon?: readonly CommonValue[]
  /** Bounds that cut the other values into equal shares, in order. Never from a lock. */
  readonly histogram?: readonly string[]
}

export interface CommonValue {
  readonly value: string
  /** 0..1 */
  readonly share: number
}

export interface ViewDefinition {
  readonly schema: string
  readonly name: string
  readonly sql: string
  readonly file: string
  readonly description?: string
  /** From the view's YAML; `contract: enforced` makes `check` compare them. */
  readonly columns: readonly {
    readonly name: string
    readonly type?: string
    readonly description?: string
  }[]
  readonly contractEnforced: boolean
}

export interface Principals {
  readonly roles: Readonly<
    Record<string, { readonly description?: string; readonly can: readonly string[] }>
  >
  readonly users: Readonly<Record<string, UserDefinition>>
  /** No `access/principals.yaml`: any user name connects without a password (trust), on loopback only. */
  readonly open: boolean
}

export interface UserDefinition {
  readonly name: string
  readonly roles: readonly string[]
  readonly maySetRole: readonly string[]
  readonly attributes: Readonly<Record<string, string>>
  /** A `SCRAM-SHA-256$...` verifier or a clear password from the environment. Absent: trust, on loopback only. */
  readonly password?: string
}
