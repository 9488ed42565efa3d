/** What the suite needs of a connector: a server with its tables, and what that server cannot hold or be asked. */
import type { SourceDefinition } from '../../src/catalog/catalog.js'
import type { RemoteStatement } from '../../src/connectors/connector.js'
import type { SuiteTable } from './subject-tables.js'

export interface ConformanceFixture {
  /** The connector's kind. */
  readonly kind: string
  /** One more format that the connector reads, `csv`: it must declare what the connector's own fixture does, and has no column in the table. */
  readonly format?: string
  /** What it was proved against: `MariaDB 10.11`, `a strict test server`. */
  readonly against: string
  /** Not a connector of the project: left out of the capability table. */
  readonly isSample?: true
  /** Values that the source has no way to store; they are NULL in its copy and in the oracle's. */
  readonly cannotHold: readonly Exception[]
  /** Columns that the source has no type for, as `table.column`: it has not got them, and probes that name them are skipped. */
  readonly lacks?: readonly { readonly column: string; readonly reason: string }[]
  /** Probes that mean nothing at this source, with the reason. */
  readonly skips: readonly { readonly group: RegExp; readonly reason: string }[]
  /** Whether a server can be had on this machine. */
  isAvailable(): boolean
  start(tables: readonly SuiteTable[]): Promise<RunningFixture>
}

export interface Exception {
  readonly types: readonly string[]
  matches(value: string): boolean
  readonly reason: string
}

export interface RunningFixture {
  /** Its connection; the suite fills in the tables by discovery. */
  readonly source: SourceDefinition
  /** A table's remote name, as discovery writes it. */
  from(table: string): string
  /**
   * A statement that runs for long, and how many of its kind run at the server: the suite cancels it. In SQL it is the engine's,
   * and all of it must run at the source.
   */
  readonly endless?: { readonly statement: RemoteStatement | string; running(): Promise<number> }
  /** Why a given service has no such statement: the suite skips its cancel and says so. */
  readonly noEndless?: string
  stop(): Promise<void>
}
