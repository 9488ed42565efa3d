/** What the compiler (analyzer, governance, planner; a thread of its own) answers for one statement. Plain data. */
import type { SerializedError } from '../../errors.js'
import type { LedgerEntry } from '../../planner/explain/ledger.js'
import type { PhysicalPlan } from '../../planner/physical-plan.js'
import type { SensitiveParameter } from '../../planner/estimates/sensitive-parameters.js'
import type { SqlType } from '../../types/sql-type.js'
import type { ValueSettings } from '../settings/value-settings.js'

/** The session state that analysis and planning depend on; with the text and parameter types it is the cache key. */
export interface CompileOptions {
  readonly user: string
  /** The active role (SET ROLE), or the user. */
  readonly role: string
  readonly searchPath: readonly string[]
  readonly values: ValueSettings
  /** `tributary.*` settings that the planner reads, e.g. `pushdown`. */
  readonly planner: Readonly<Record<string, string>>
  /** All settings the client has SET, by lower-case name: applied to catalog statements in the analyzer. */
  readonly settings: Readonly<Record<string, string>>
  /** What the session says of itself where a statement asks; analysis and planning do not depend on it. */
  readonly own?: SessionFacts
}

/** What SHOW and BackendKeyData say that is in no setting the analyzer takes over. */
export interface SessionFacts {
  readonly processId: number
  /** role, session_authorization and the transaction's modes, as SHOW prints them. */
  readonly settings: Readonly<Record<string, string>>
}

export interface ResultColumn {
  readonly name: string
  readonly type: SqlType
  /** pg_type.typlen: what RowDescription carries. */
  readonly length: number
  readonly tableOid: number
  readonly attribute: number
}

export interface CompiledStatement {
  /** plan: runs on a statement thread. catalog: PostgreSQL in the compiler answers it (no virtual table in it). */
  readonly kind: 'plan' | 'catalog'
  readonly columns: readonly ResultColumn[]
  readonly parameterTypes: readonly number[]
  /** Of kind plan. */
  readonly plan?: PhysicalPlan
  /** The plan is one remote query whose rows may be relayed. */
  readonly relay?: boolean
  /** Of kind plan: the rewrite rules that fired, in the order they first did. */
  readonly rules?: readonly string[]
  /** Of kind plan: parameters whose values may ask for another plan. */
  readonly sensitive?: readonly SensitiveParameter[]
  /** Of kind plan: what runs where, and why. */
  readonly ledger?: readonly LedgerEntry[]
  /** Of kind plan: why it may not run, by a setting or the catalog. It may be explained. */
  readonly refusal?: SerializedError
}

/** Rows of a catalog statement: DataRow messages as the analyzer's PostgreSQL wrote them. */
export interface CatalogResult {
  readonly frames: Uint8Array
  readonly rows: number
  /** CommandComplete tag. */
  readonly tag: string
  readonly columns: readonly ResultColumn[]
  /** NOTICE and WARNING messages, undecoded. */
  readonly notices: readonly Uint8Array[]
}

/** The compiler as sessions see it. Implemented in process (tests, command line) and as a client of the compiler thread. */
export interface Compiler {
  /** Analyzes and plans. Throws EngineError: PostgreSQL's own for anything wrong in the statement. */
  compile(
    sql: string,
    parameterTypes: readonly number[],
    options: CompileOptions,
  ): Promise<CompiledStatement>
  /**
   * Runs a catalog statement. `values` are raw Bind values with `valueFormats` (0 text, 1 binary; as in Bind), `resultFormats` likewise.
   */
  runCatalog(
    sql: string,
    parameterTypes: readonly number[],
    values: readonly (Uint8Array | null)[],
    valueFormats: readonly number[],
    resultFormats: readonly number[],
    options: CompileOptions,
  ): Promise<CatalogResult>
  /** Tells whether a statement should be compiled anew: it was planned by estimates that turned out far from the truth. */
  isOutdated?(compiled: CompiledStatement): boolean
  /** EXPLAIN of a compiled plan; `actual` by plan id for ANALYZE. */
  close(): Promise<void>
}
