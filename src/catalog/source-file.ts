/** The shape of `sources/*.yaml` after its schema check. */

export interface SourceFileData {
  readonly name: string
  readonly connector: string
  readonly description?: string
  readonly connection?: Readonly<Record<string, unknown>>
  readonly limits?: { readonly statement_timeout?: string; readonly max_rows?: number }
  readonly discover?: DiscoverData
  /** Enum types beside those of the lock, or instead of them: labels by remote name. */
  readonly types?: Readonly<Record<string, readonly string[]>>
  /** Absent: every table of the lock, under its own name in lower case. */
  readonly tables?: readonly TableData[]
}

export interface DiscoverData {
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
  readonly on_drift?: 'ignore' | 'warn' | 'fail'
}

export interface TableData {
  readonly name: string
  readonly from?: string
  readonly query?: string
  readonly description?: string
  readonly primary_key?: readonly string[]
  readonly unique?: readonly (readonly string[])[]
  readonly foreign_keys?: readonly ForeignKeyData[]
  readonly rely?: boolean
  /** What is no column at all is undefined. */
  readonly columns?: readonly (ColumnData | undefined)[]
  readonly stats?: {
    readonly rows?: number
    readonly columns?: Readonly<Record<string, ColumnStatisticsData>>
  }
  readonly require_filter?: readonly string[]
  readonly format?: Readonly<Record<string, unknown>>
  readonly unnest?: Readonly<Record<string, unknown>>
}

export interface ForeignKeyData {
  readonly columns: readonly string[]
  readonly references: string
  readonly to: readonly string[]
  readonly rely?: boolean
}

export interface ColumnStatisticsData {
  readonly distinct?: number
  readonly null_fraction?: number
  readonly min?: string | number
  readonly max?: string | number
  readonly width?: number
}

export interface ColumnData {
  readonly name: string
  readonly from?: string
  readonly type?: string
  readonly native?: string
  readonly collation?: string
  readonly not_null?: boolean
  readonly hidden?: boolean
  readonly tags?: readonly string[]
  readonly description?: string
  readonly bson?: string
  readonly on_type_error?: string | null
  readonly zero_date?: string | null
}
