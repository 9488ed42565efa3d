/**
 * Where a session stands: idle, in a transaction block, or in a failed one. Nothing is ever written, so a transaction
 * is what it does to settings, cursors and now().
 */
import { EngineError, SQLSTATE } from '../errors.js'
import type { SessionSettings, SettingsSnapshot } from './settings/session-settings.js'

interface Savepoint {
  readonly name: string
  readonly settings: SettingsSnapshot
  readonly mark: number
}

/** Tells portals which of them end with a transaction or a savepoint. */
export interface TransactionListener {
  /** The transaction is over; holdable cursors survive a commit. */
  ended(committed: boolean): void
  /** Back to a savepoint: what was opened after `mark` goes. */
  rolledBackTo(mark: number): void
}

/** The transaction state machine of one session. */
export class Transaction {
  readonly #settings: SessionSettings
  readonly #listener: TransactionListener
  #block: 'none' | 'implicit' | 'open' | 'failed' = 'none'
  #before: SettingsSnapshot | undefined
  #savepoints: Savepoint[] = []
  #mark = 0
  #startedAt = 0
  /** A query has run: its isolation can no longer change. */
  queried = false

  constructor(settings: SessionSettings, listener: TransactionListener) {
    this.#settings = settings
    this.#listener = listener
  }

  get status(): 'I' | 'T' | 'E' {
    if (this.#block === 'open') return 'T'
    return this.#block === 'failed' ? 'E' : 'I'
  }

  /** In BEGIN ... COMMIT. */
  get inBlock(): boolean {
    return this.#block === 'open' || this.#block === 'failed'
  }

  /** In a block, or among several statements sent as one. */
  get inAnyBlock(): boolean {
    return this.#block !== 'none'
  }

  /** now(): µs since 2000-01-01 UTC. */
  get startedAt(): number {
    return this.#startedAt
  }

  /** A number for whatever opens now; savepoints compare with it. */
  nextMark(): number {
    return ++this.#mark
  }

  /** Begins the transaction that any statement runs in. */
  ensureStarted(): void {
    if (this.#before !== undefined) return
    this.#before = this.#settings.snapshot()
    this.#startedAt = microsecondsNow()
    this.queried = false
  }

  /** Several statements in one string: they succeed or fail together. */
  enterImplicitBlock(): void {
    if (this.#block === 'none') this.#block = 'implicit'
  }

  /** BEGIN. False: there is a block already. */
  begin(): boolean {
    this.ensureStarted()
    if (this.inBlock) return false
    this.#block = 'open'
    return true
  }

  /** COMMIT, or the end of a statement outside a block. A failed block rolls back: false. */
  commit(): boolean {
    if (this.#block === 'failed') {
      this.rollback()
      return false
    }
    this.#settings.dropLocal()
    this.#finish(true)
    return true
  }

  rollback(): void {
    if (this.#before !== undefined) this.#settings.restore(this.#before)
    this.#finish(false)
  }

  /** A statement failed. */
  fail(): void {
    if (this.inBlock) this.#block = 'failed'
    else this.rollback()
  }

  /** Ends what is not a block: at Sync, or at the end of a query string. */
  endImplicit(): void {
    if (!this.inBlock && this.#before !== undefined) this.commit()
    else if (this.#block === 'implicit') this.#block = 'none'
  }

  savepoint(name: string): void {
    this.#requireBlock('SAVEPOINT')
    this.#savepoints.push({ name, settings: this.#settings.snapshot(), mark: this.nextMark() })
  }

  release(name: string): void {
    this.#requireBlock('RELEASE SAVEPOINT')
    this.#savepoints = this.#savepoints.slice(0, this.#find(name))
  }

  rollbackTo(name: string): void {
    this.#requireBlock('ROLLBACK TO SAVEPOINT')
    const index = this.#find(name)
    const savepoint = this.#savepoints[index]
    if (savepoint === undefined) return
    this.#savepoints = this.#savepoints.slice(0, index + 1)
    this.#settings.restore(savepoint.settings)
    this.#listener.rolledBackTo(savepoint.mark)
    this.#block = 'open'
  }

  /** 25P01 outside any block; several statements in one string count as one. */
  requireAnyBlock(command: string): void {
    if (!this.inAnyBlock) throw onlyInBlock(command)
  }

  /** 25001 inside a block. */
  forbidBlock(command: string): void {
    if (!this.inAnyBlock) return
    throw new EngineError(
      SQLSTATE.activeTransaction,
      `${command} cannot run inside a transaction block`,
    )
  }

  /** 25P02 in a failed block. */
  requireHealthy(): void {
    if (this.#block !== 'failed') return
    throw new EngineError(
      SQLSTATE.inFailedTransaction,
      'current transaction is aborted, commands ignored until end of transaction block',
    )
  }

  #requireBlock(command: string): void {
    if (!this.inBlock) throw onlyInBlock(command)
  }

  #find(name: string): number {
    const index = this.#savepoints.findLastIndex((savepoint) => savepoint.name === name)
    if (index >= 0) return index
    throw new EngineError(SQLSTATE.invalidSavepoint, `savepoint "${name}" does not exist`)
  }

  #finish(committed: boolean): void {
    this.#block = 'none'
    this.#before = undefined
    this.#savepoints = []
    this.#listener.ended(committed)
  }
}

/** `command` outside a transaction block. */
export function onlyInBlock(command: string): EngineError {
  return new EngineError(
    SQLSTATE.noActiveTransaction,
    `${command} can only be used in transaction blocks`,
  )
}

/** The clock as PostgreSQL's timestamps count: µs since 2000-01-01 UTC. */
export function microsecondsNow(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000) - 946_684_800_000_000
}
