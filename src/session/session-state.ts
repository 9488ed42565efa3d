/** What one session consists of. The statement modules work on it; the wire layer sees only `Session`. */
import type { Catalog } from '../catalog/catalog.js'
import type { Compiler } from './compiler/compiled-statement.js'
import type { Interruption } from './interruption.js'
import type { Portal } from './portal.js'
import type { PreparedStatement } from './prepared-statement.js'
import type { SessionSettings } from './settings/session-settings.js'
import type { SqlCursor } from './statements/sql-cursor.js'
import type { StatementRunner } from './runner/statement-runner.js'
import type { Notice } from './runner/statement-sink.js'
import type { Transaction } from './transaction.js'
import type { StatementRecords } from '../system/statement-records.js'

/** What sessions of one server share. */
export interface SessionServices {
  readonly compiler: Compiler
  readonly runner: StatementRunner
  readonly catalog: () => Catalog
  readonly records: StatementRecords
}

export interface SessionState extends SessionServices {
  /** Who authenticated. */
  readonly login: string
  readonly database: string
  readonly processId: number
  readonly settings: SessionSettings
  readonly transaction: Transaction
  readonly interruption: Interruption
  readonly statements: Map<string, PreparedStatement>
  readonly portals: Map<string, Portal | SqlCursor>
  /** Tells the client something that is no error. */
  notice(notice: Notice | Uint8Array): void
}
