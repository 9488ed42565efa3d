/**
 * One backend serves all sessions. Before each statement the identity, search path and settings of its session are
 * applied, all of them anew, whenever they differ from the last statement's; so nothing leaks.
 */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { CompileOptions } from '../../session/compiler/compiled-statement.js'
import { quoteIdentifier, quoteLiteral } from '../../session/identifier.js'
import { searchPathSql } from '../catalog-ddl.js'
import type { PostgresInstance } from './pglite.js'
import { sessionFactsSql } from '../session-functions.js'

/** The superuser's name: no session may take it. */
export const OWNER = 'tributary_owner'

/** Settings of the client that are applied elsewhere, or would break the analyzer. */
const SKIPPED = new Set([
  'search_path',
  'role',
  'session_authorization',
  'client_encoding',
  'client_min_messages',
  'datestyle',
  'timezone',
  'intervalstyle',
  'extra_float_digits',
  'bytea_output',
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'idle_session_timeout',
  'transaction_timeout',
  'max_stack_depth',
])

export class SessionState {
  readonly #postgres: PostgresInstance
  #applied: string | undefined
  #printsTrees = false
  #facts: string | undefined
  readonly #roles: Set<string>
  /** Roles that are not in the catalog may come into being (no principals are declared). */
  readonly #open: boolean

  constructor(postgres: PostgresInstance, open: boolean) {
    this.#postgres = postgres
    this.#open = open
    this.#roles = new Set(
      postgres.query('SELECT rolname FROM pg_roles').map(([name]) => name ?? ''),
    )
  }

  /** Lets functions that run answer for the session, once {@link apply} has made the backend its own. */
  applyFacts(options: CompileOptions): void {
    const key = JSON.stringify([options.own])
    if (key === this.#facts) return
    this.#postgres.exec(sessionFactsSql(options))
    this.#facts = key
  }

  /** Makes the backend the session's, with or without printing of query trees. */
  apply(options: CompileOptions, printTrees: boolean): void {
    const { user, role, searchPath, values, settings } = options
    const key = JSON.stringify([user, role, searchPath, values, settings])
    if (key !== this.#applied) {
      this.#applied = undefined
      this.#switch(options)
      this.#applied = key
      this.#printsTrees = false
      this.#facts = undefined
    }
    if (this.#printsTrees === printTrees) return
    this.#postgres.exec(
      printTrees
        ? 'SET debug_print_rewritten = on; SET debug_pretty_print = off; SET client_min_messages = log'
        : `SET debug_print_rewritten = off; SET client_min_messages = ${messageLevel(options)}`,
    )
    this.#printsTrees = printTrees
  }

  #switch(options: CompileOptions): void {
    const { user, role, searchPath, values, settings } = options
    const postgres = this.#postgres
    // RESET SESSION AUTHORIZATION does nothing here: a standalone backend has no value to go back to.
    postgres.exec(`SET SESSION AUTHORIZATION ${OWNER}; RESET ALL`)
    for (const name of new Set([user, role])) this.#ensureRole(name)
    if (role !== user && this.#open) {
      postgres.exec(`GRANT ${quoteIdentifier(role)} TO ${quoteIdentifier(user)}`)
    }
    postgres.exec(
      [
        searchPathSql(searchPath),
        `SET TimeZone = ${quoteLiteral(values.timeZone)}`,
        `SET DateStyle = ${quoteLiteral(values.dateStyle)}`,
        `SET IntervalStyle = ${quoteLiteral(values.intervalStyle)}`,
        `SET extra_float_digits = ${Math.trunc(values.extraFloatDigits)}`,
        `SET bytea_output = ${quoteLiteral(values.byteaOutput)}`,
        `SET SESSION AUTHORIZATION ${quoteIdentifier(user)}`,
        ...(role === user ? [] : [`SET ROLE ${quoteIdentifier(role)}`]),
      ].join('; '),
    )
    for (const [name, value] of Object.entries(settings)) {
      if (SKIPPED.has(name) || name.startsWith('debug_') || name.startsWith('transaction_'))
        continue
      if (!/^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/.test(name)) continue
      try {
        postgres.exec(`SET ${name} = ${quoteLiteral(value)}`)
      } catch {
        // The session layer has judged it; what the local PostgreSQL does not take has no meaning here.
      }
    }
  }

  #ensureRole(name: string): void {
    const reserved = name === OWNER || name.startsWith('pg_')
    if (!reserved && this.#roles.has(name)) return
    if (reserved || !this.#open) {
      throw new EngineError(SQLSTATE.invalidAuthorization, `role "${name}" does not exist`)
    }
    this.#postgres.exec(`CREATE ROLE ${quoteIdentifier(name)} LOGIN`)
    this.#roles.add(name)
  }
}

/** The level of messages the client asked for; a name, nothing else. */
function messageLevel(options: CompileOptions): string {
  const level = options.settings['client_min_messages'] ?? 'notice'
  return /^[a-z0-9]+$/i.test(level) ? level : 'notice'
}
