/** A statement by what the session does with it. Plain data, made from the parse tree by the router. */
import type { StatementText } from './statement-text.js'

export type RoutedStatement =
  | QueryStatement
  | SettingCallStatement
  | SetStatement
  | { readonly kind: 'reset-all' }
  | {
      readonly kind: 'set-characteristics'
      readonly scope: 'transaction' | 'session'
      readonly modes: TransactionModes
    }
  | { readonly kind: 'show'; readonly name: string }
  | TransactionStatement
  | {
      readonly kind: 'prepare'
      readonly name: string
      readonly types: readonly StatementText[]
      readonly query: RoutedStatement
    }
  | ExecuteStatement
  /** `name` absent: ALL. */
  | { readonly kind: 'deallocate'; readonly name?: string }
  | DeclareStatement
  | FetchStatement
  /** `name` absent: ALL. */
  | { readonly kind: 'close'; readonly name?: string }
  | ExplainStatement
  | CopyStatement
  | { readonly kind: 'discard'; readonly target: 'ALL' | 'PLANS' | 'SEQUENCES' | 'TEMP' }
  /** Accepted, nothing to do: nothing here ever notifies or defers. */
  | { readonly kind: 'no-operation'; readonly tag: string }
  | {
      readonly kind: 'lock'
      readonly relations: readonly string[]
      readonly accessShare: boolean
    }
  /** What only a database that is written to can do. */
  | { readonly kind: 'refused'; readonly what: string }

/** Rows: SELECT, VALUES, TABLE, WITH. */
export interface QueryStatement {
  readonly kind: 'query'
  readonly text: StatementText
}

/** `SELECT set_config(...)` or `SELECT current_setting(...)`: the session owns the settings. */
export interface SettingCallStatement {
  readonly kind: 'setting-calls'
  readonly text: StatementText
  readonly calls: readonly SettingCall[]
}

export interface SettingCall {
  readonly function: 'set_config' | 'current_setting'
  readonly column: string
  readonly arguments: readonly CallArgument[]
}

export type CallArgument =
  | { readonly kind: 'literal'; readonly value: string | null }
  /** 1-based. */
  | { readonly kind: 'parameter'; readonly index: number }

export interface SetStatement {
  readonly kind: 'set'
  readonly name: string
  /** undefined: to its default. */
  readonly values: readonly string[] | undefined
  readonly local: boolean
  readonly verb: 'SET' | 'RESET'
  /** SET ... FROM CURRENT: checked for existence, otherwise nothing. */
  readonly fromCurrent?: boolean
  /** TIME ZONE INTERVAL '-08:00'. */
  readonly interval?: boolean
}

/** What BEGIN and SET TRANSACTION ask for, by setting name, in PostgreSQL's spelling. */
export type TransactionModes = Readonly<Record<string, string>>

export interface TransactionStatement {
  readonly kind: 'transaction'
  readonly action:
    | 'begin'
    | 'start'
    | 'commit'
    | 'rollback'
    | 'savepoint'
    | 'release'
    | 'rollback-to'
    | 'prepare'
    | 'finish-prepared'
  readonly modes: TransactionModes
  readonly savepoint: string
  readonly chain: boolean
}

export interface ExecuteStatement {
  readonly kind: 'execute'
  readonly name: string
  readonly arguments: readonly {
    /** Absent: an expression, to be evaluated. */
    readonly literal?: string | null
    readonly text: StatementText
  }[]
}

export interface DeclareStatement {
  readonly kind: 'declare'
  readonly name: string
  readonly binary: boolean
  readonly scroll: boolean
  readonly hold: boolean
  readonly query: RoutedStatement
}

export interface FetchStatement {
  readonly kind: 'fetch'
  readonly name: string
  readonly direction: 'forward' | 'backward' | 'absolute' | 'relative'
  /** Infinity: ALL. */
  readonly count: number
  readonly move: boolean
}

export interface ExplainStatement {
  readonly kind: 'explain'
  readonly text: StatementText
  readonly options: readonly StatementOption[]
  readonly query: RoutedStatement
}

export interface CopyStatement {
  readonly kind: 'copy'
  readonly options: readonly StatementOption[]
  readonly query: QueryStatement
  /** The query was made from a table's name: positions in it mean nothing to the client. */
  readonly fromTable: boolean
}

/** An option of EXPLAIN or COPY. */
export interface StatementOption {
  readonly name: string
  /** null: given without a value. A list for FORCE_QUOTE; `*` for all columns. */
  readonly value: string | readonly string[] | null
  /** 1-based, in the client's string. */
  readonly position: number
}
