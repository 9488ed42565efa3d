/**
 * One connection's session: its user, role, settings, transaction, prepared statements, portals and cursors. The wire
 * layer drives it message by message; it knows nothing of sockets.
 */
import { EngineError, SQLSTATE, toEngineError } from '../errors.js'
import type { BoundValues } from './bind-values.js'
import { boundDatums, checkBoundValues, expandFormats, NO_VALUES } from './bind-values.js'
import { decodeUtf8 } from './client-text.js'
import { Interruption } from './interruption.js'
import { Portal } from './portal.js'
import type { SUSPENDED } from './portal.js'
import type { PreparedStatement } from './prepared-statement.js'
import { findStatement } from './statements/prepared-statements.js'
import { analyze, compileOptions, sessionUser } from './query-execution.js'
import type { RoutedStatement } from './routing/routed-statement.js'
import { SessionSettings } from './settings/session-settings.js'
import type { SessionServices, SessionState } from './session-state.js'
import type { SqlCursor } from './statements/sql-cursor.js'
import { duplicateStatement, startStatement } from './statement-execution.js'
import { prepareStatement } from './statement-preparation.js'
import { routeStatements } from './routing/statement-router.js'
import type { Notice, StatementSink } from './runner/statement-sink.js'
import { StatementText } from './routing/statement-text.js'
import { Transaction } from './transaction.js'
import { endsTransaction } from './statements/transaction-statements.js'

export interface SessionIdentity {
  readonly user: string
  readonly database: string
  readonly processId: number
  readonly notice: (notice: Notice | Uint8Array) => void
}

/** Settings whose values clients are told of at the start and after every change. */
const REPORTED = [
  ...['in_hot_standby', 'integer_datetimes', 'TimeZone', 'IntervalStyle', 'search_path'],
  ...['is_superuser', 'application_name', 'default_transaction_read_only', 'scram_iterations'],
  ...['DateStyle', 'standard_conforming_strings', 'session_authorization', 'client_encoding'],
  ...['server_version', 'server_encoding'],
]

/** A session. Methods that run statements must not overlap; `cancel` and `close` may come at any time. */
export class Session {
  readonly #state: SessionState
  readonly #reported = new Map<string, string>()
  #reportedRevision = -1

  constructor(services: SessionServices, identity: SessionIdentity) {
    const catalog = services.catalog()
    const settings = new SessionSettings({
      timezone: catalog.timezone,
      search_path: catalog.searchPath.map(quoteSchema).join(', '),
      statement_timeout: String(catalog.statementTimeout),
    })
    settings.setFact('session_authorization', identity.user)
    const portals = new Map<string, Portal | SqlCursor>()
    this.#state = {
      ...services,
      login: identity.user,
      database: identity.database,
      processId: identity.processId,
      settings,
      interruption: new Interruption(),
      statements: new Map(),
      portals,
      transaction: new Transaction(settings, {
        ended: (committed) => closePortals(portals, (portal) => !(committed && isHeld(portal))),
        rolledBackTo: (mark) => closePortals(portals, (portal) => portal.mark > mark),
      }),
      notice: identity.notice,
    }
  }

  get transactionStatus(): 'I' | 'T' | 'E' {
    return this.#state.transaction.status
  }

  get user(): string {
    return sessionUser(this.#state)
  }

  /** Applies a setting of the startup packet. */
  applyStartupSetting(name: string, value: string): void {
    this.#state.settings.setBase(name, value)
  }

  /** Reported settings that changed since the last call, all of them at first. */
  changedParameters(): readonly (readonly [string, string])[] {
    const { settings } = this.#state
    if (settings.revision === this.#reportedRevision) return []
    this.#reportedRevision = settings.revision
    const changed: (readonly [string, string])[] = []
    for (const name of REPORTED) {
      const { value } = settings.show(name)
      if (this.#reported.get(name) === value) continue
      this.#reported.set(name, value)
      changed.push([name, value])
    }
    return changed
  }

  /** Work for the client begins: cancel and statement_timeout reach it from now on. */
  begin(): void {
    this.#state.interruption.begin()
    this.#state.transaction.ensureStarted()
    this.#state.interruption.startTimer(Number(this.#state.settings.get('statement_timeout')))
  }

  /** A statement has ended: the next one gets its own time. */
  statementDone(): void {
    this.#state.interruption.stopTimer()
  }

  /** All work is done (Sync, end of a query string): what is not in a block commits. */
  idle(): void {
    this.#state.interruption.end()
    this.#state.transaction.endImplicit()
  }

  /** A statement failed: the block fails with it, or what stands outside one is undone. */
  fail(error: unknown): EngineError {
    this.#state.interruption.stopTimer()
    this.#state.transaction.fail()
    return toEngineError(error)
  }

  /** Cuts a string into statements. A syntax error is PostgreSQL's own. */
  async route(sql: string): Promise<readonly RoutedStatement[]> {
    try {
      return routeStatements(sql)
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      // The grammar here does not say SQLSTATE, detail and hint of what it refuses; the analyzer's does.
      await analyze(this.#state, new StatementText(sql), []).catch((better: unknown) => {
        const message = better instanceof EngineError ? better.message : ''
        if (!message.startsWith('cannot insert multiple commands')) throw better
      })
      throw error
    }
  }

  /** Several statements came as one string: they share a transaction. */
  enterImplicitBlock(): void {
    this.#state.transaction.enterImplicitBlock()
  }

  /** Parse, without keeping the result under a name. */
  async prepare(
    name: string,
    routed: RoutedStatement | undefined,
    parameterTypes: readonly number[],
  ): Promise<PreparedStatement> {
    if (routed !== undefined && !endsTransaction(routed)) this.#state.transaction.requireHealthy()
    return prepareStatement(this.#state, name, routed, parameterTypes)
  }

  /** Refuses parameters of a statement that came without a Bind. */
  requireNoParameters({ parameterTypes, analysis, routed }: PreparedStatement): void {
    if (parameterTypes.length === 0) return
    const text = routed?.kind === 'setting-calls' ? routed.text : analysis?.text
    const first = text?.tokens().find(({ word }) => /^\$\d+$/.test(word))
    throw new EngineError(
      SQLSTATE.undefinedParameter,
      `there is no parameter ${first?.word ?? '$1'}`,
      text === undefined || first === undefined ? {} : { position: text.position(first.start) },
    )
  }

  /** Parse. */
  async parse(name: string, sql: string, parameterTypes: readonly number[]): Promise<void> {
    const { statements } = this.#state
    if (name === '') statements.delete(name)
    const routed = await this.route(sql)
    if (routed.length > 1) {
      throw new EngineError(
        SQLSTATE.syntaxError,
        'cannot insert multiple commands into a prepared statement',
      )
    }
    if (statements.has(name)) throw duplicateStatement(name)
    statements.set(name, await this.prepare(name, routed[0], parameterTypes))
  }

  /** Bind. */
  bind(
    portalName: string,
    statementName: string,
    bound: BoundValues,
    resultFormats: readonly number[],
  ): void {
    const { portals } = this.#state
    const statement = this.statement(statementName)
    checkBoundValues(statementName, statement.parameterTypes, bound)
    this.#checkValues(statement, bound)
    if (portalName === '') this.closePortal('')
    if (portals.has(portalName)) {
      throw new EngineError(SQLSTATE.duplicateCursor, `cursor "${portalName}" already exists`)
    }
    portals.set(portalName, this.open(portalName, statement, bound, resultFormats))
  }

  /** Makes a portal of a prepared statement, without keeping it. */
  open(
    name: string,
    statement: PreparedStatement,
    bound: BoundValues = NO_VALUES,
    resultFormats: readonly number[] = [],
  ): Portal {
    const { routed, columns } = statement
    const ends = routed !== undefined && endsTransaction(routed)
    if (routed !== undefined && !ends) this.#state.transaction.requireHealthy()
    const formats = expandFormats(resultFormats, columns?.length ?? 0)
    const binaryCursor = this.#binaryCursor(routed)
    return new Portal({
      name,
      columns,
      formats: binaryCursor ? formats.map(() => 1) : formats,
      mark: this.#state.transaction.nextMark(),
      empty: routed === undefined,
      endsTransaction: ends,
      start: () => startStatement(this.#state, statement, bound, formats),
    })
  }

  /** The statement of that name; 26000 when there is none. */
  statement(name: string): PreparedStatement {
    return findStatement(this.#state, name)
  }

  /** Describe of a statement: refused in a failed transaction when there are rows. */
  requireDescribable(rows: boolean): void {
    if (rows) this.#state.transaction.requireHealthy()
  }

  /** The portal of that name; 34000 when there is none. */
  portal(name: string): Portal {
    const portal = this.#state.portals.get(name)
    if (portal?.kind === 'portal') return portal
    throw new EngineError(SQLSTATE.undefinedCursor, `portal "${name}" does not exist`)
  }

  /** Execute: passes rows to the sink. Returns the tag, or SUSPENDED at the limit. */
  async execute(
    portal: Portal,
    limit: number,
    sink: StatementSink,
  ): Promise<string | typeof SUSPENDED> {
    if (!portal.endsTransaction && !portal.empty) this.#state.transaction.requireHealthy()
    this.#state.interruption.check()
    return portal.run(limit, this.#state.interruption, sink)
  }

  closeStatement(name: string): void {
    this.#state.statements.delete(name)
  }

  closePortal(name: string): void {
    this.#state.portals.get(name)?.close()
    this.#state.portals.delete(name)
  }

  /** A cancel request: ends the statement under way, if there is one. */
  cancel(): void {
    this.#state.interruption.abort(
      new EngineError(SQLSTATE.queryCanceled, 'canceling statement due to user request'),
    )
  }

  /** The connection is over: everything running is stopped. */
  close(reason: EngineError): void {
    this.#state.interruption.close(reason)
    closePortals(this.#state.portals, () => true)
    this.#state.statements.clear()
  }

  /** Bind is where a malformed value is refused, before anything runs. */
  #checkValues(statement: PreparedStatement, bound: BoundValues): void {
    const options = compileOptions(this.#state)
    if (statement.analysis?.compiled.plan !== undefined) {
      boundDatums(statement.parameterTypes, bound, options.values)
      return
    }
    bound.values.forEach((value, index) => {
      const format = bound.formats.length === 1 ? bound.formats[0] : bound.formats[index]
      if (value !== null && format !== 1) decodeUtf8(value)
    })
  }

  /** FETCH from a BINARY cursor answers in binary whatever was asked for. */
  #binaryCursor(routed: RoutedStatement | undefined): boolean {
    if (routed?.kind !== 'fetch') return false
    const cursor = this.#state.portals.get(routed.name)
    return cursor?.kind === 'cursor' && cursor.binary
  }
}

function isHeld(portal: Portal | SqlCursor): boolean {
  return portal.kind === 'cursor' && portal.hold
}

function closePortals(
  portals: Map<string, Portal | SqlCursor>,
  ends: (portal: Portal | SqlCursor) => boolean,
): void {
  for (const portal of [...portals.values()]) {
    if (!ends(portal)) continue
    portal.close()
    portals.delete(portal.name)
  }
}

function quoteSchema(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}
