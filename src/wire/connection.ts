/**
 * One client's connection: start-up, authentication, then messages one at a time until either side ends it. What is
 * wrong with the stream ends this connection and nothing else.
 */
import type { Socket } from 'node:net'
import { EngineError, SQLSTATE, toEngineError } from '../errors.js'
import { Session } from '../session/session.js'
import type { SessionServices } from '../session/session-state.js'
import type { StatementSink } from '../session/runner/statement-sink.js'
import type { Authenticator } from './authentication.js'
import type { CancelKey, CancelKeys } from './cancel-keys.js'
import { runExtended } from './extended-protocol.js'
import { FrameReader } from './frame-reader.js'
import type { Frame } from './frame-reader.js'
import { parseMessage, parseStartupPacket } from './message-parser.js'
import type { FrontendMessage, Severity } from './messages.js'
import { Outbound } from './outbound.js'
import { runQuery } from './simple-protocol.js'
import { readStartup } from './startup.js'
import type { StartupRequest } from './startup.js'
import { wireSink } from './statement-output.js'

/** What connections of one server share. */
export interface ConnectionServices extends SessionServices {
  readonly authenticator: Authenticator
  readonly cancelKeys: CancelKeys
  readonly log: (line: string) => void
  /** undefined: there is room; otherwise why not. */
  readonly admit: () => EngineError | undefined
}

/** Bytes that may wait unread before the socket is paused. */
const INBOUND_HIGH_WATER = 1 << 20
/** How long a client may take to authenticate, in ms; as authentication_timeout. */
const AUTHENTICATION_TIMEOUT = 60_000

const CLOSED = new EngineError(SQLSTATE.connectionFailure, 'connection to client lost')

/** Serves one socket. */
export class Connection {
  readonly #socket: Socket
  readonly #services: ConnectionServices
  readonly #reader = new FrameReader()
  readonly #outbound: Outbound
  readonly #sink: StatementSink
  #session: Session | undefined
  #key: CancelKey | undefined
  #wake: (() => void) | undefined
  #ended = false
  #busy = false
  /** After an error of the extended protocol everything up to Sync is skipped. */
  #skipping = false
  #shutdown: EngineError | undefined
  /** ReadyForQuery is written but not sent: nothing else may be waited for before it is. */
  #owed = false

  constructor(socket: Socket, services: ConnectionServices) {
    this.#socket = socket
    this.#services = services
    this.#outbound = new Outbound(socket)
    this.#sink = wireSink(this.#outbound)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 60_000)
    socket.on('data', (bytes) => {
      this.#reader.push(bytes)
      if (this.#reader.buffered > INBOUND_HIGH_WATER && this.#busy) socket.pause()
      this.#wake?.()
    })
    socket.on('error', () => socket.destroy())
    socket.on('end', () => this.#lost())
    socket.on('close', () => this.#lost())
  }

  /** Runs the connection to its end. Never rejects. */
  async run(): Promise<void> {
    const timer = setTimeout(() => this.#socket.destroy(), AUTHENTICATION_TIMEOUT)
    try {
      const started = await this.#start()
      clearTimeout(timer)
      if (started) await this.#serve()
    } catch (error) {
      if (!this.#ended) this.#report('FATAL', toEngineError(error))
    } finally {
      clearTimeout(timer)
      this.#session?.close(CLOSED)
      if (this.#key !== undefined) this.#services.cancelKeys.revoke(this.#key.processId)
      this.#outbound.flush()
      this.#socket.end()
      // A client that neither reads nor closes does not keep the socket.
      setTimeout(() => this.#socket.destroy(), 1000).unref()
    }
  }

  /** The server stops: an idle client is told at once, a busy one when its statement was cancelled. */
  shutdown(): void {
    this.#shutdown = new EngineError(
      SQLSTATE.adminShutdown,
      'terminating connection due to administrator command',
    )
    this.#session?.close(this.#shutdown)
    this.#wake?.()
  }

  /** Drops the socket. */
  destroy(): void {
    this.#socket.destroy()
  }

  /** False: the connection has done its work (a cancel request, a port scan). */
  async #start(): Promise<boolean> {
    let request: StartupRequest | undefined
    while (request === undefined) {
      const frame = await this.#frame()
      if (frame === undefined) return false
      const packet = parseStartupPacket(frame.body)
      switch (packet.kind) {
        case 'ssl-request':
        case 'gss-request':
          // Not in plain text what was sent in the hope of encryption: bytes behind the request are refused.
          if (this.#reader.buffered > 0) {
            throw new EngineError(
              SQLSTATE.protocolViolation,
              'received unencrypted data after SSL request',
              { category: 'user' },
            )
          }
          this.#socket.write('N')
          break
        case 'cancel-request':
          this.#services.cancelKeys.cancel(packet.processId, packet.secret)
          return false
        case 'startup':
          request = readStartup(packet)
      }
    }
    return this.#open(request)
  }

  async #open(request: StartupRequest): Promise<boolean> {
    const { catalog, authenticator, cancelKeys, admit } = this.#services
    if (request.negotiation !== undefined) this.#outbound.send(request.negotiation)
    this.#reader.mode = 'authentication'
    await authenticator.authenticate(request.user, catalog(), this.#socket.remoteAddress, {
      send: (message) => this.#outbound.send(message),
      receive: async () => {
        this.#outbound.flush()
        const frame = await this.#frame()
        if (frame === undefined) throw CLOSED
        return frame.body
      },
    })
    this.#reader.mode = 'session'
    this.#outbound.send({ kind: 'authentication-ok' })

    const refused = admit()
    if (refused !== undefined) throw refused
    const database = catalog().database
    if (request.database !== undefined && request.database !== database) {
      throw new EngineError('3D000', `database "${request.database}" does not exist`)
    }
    const key = cancelKeys.issue(request.minor, () => this.#session?.cancel())
    this.#key = key
    const session = new Session(this.#services, {
      user: request.user,
      database,
      processId: key.processId,
      notice: (notice) => {
        if (notice instanceof Uint8Array) return this.#outbound.raw(notice)
        const { severity, code, message } = notice
        this.#outbound.send({ kind: 'notice-response', severity, fields: { code, message } })
      },
    })
    this.#session = session
    for (const [name, value] of request.settings) session.applyStartupSetting(name, value)
    this.#reportParameters(session)
    this.#outbound.send({ kind: 'backend-key-data', ...key })
    this.#outbound.send({ kind: 'ready-for-query', status: 'I' })
    this.#outbound.flush()
    return true
  }

  async #serve(): Promise<void> {
    const session = this.#session
    if (session === undefined) return
    for (;;) {
      const frame = await this.#frame()
      if (frame === undefined) return
      let message: FrontendMessage
      try {
        message = parseMessage(frame)
      } catch (error) {
        const known = toEngineError(error)
        if (known.code !== SQLSTATE.characterNotInRepertoire) throw error
        // A statement in a broken encoding is that statement's error, not the connection's.
        this.#fail(session, known, String.fromCharCode(frame.type) === 'Q')
        continue
      }
      if (message.kind === 'terminate') return
      await this.#answer(session, message)
      if (this.#shutdown !== undefined) throw this.#shutdown
    }
  }

  async #answer(session: Session, message: FrontendMessage): Promise<void> {
    switch (message.kind) {
      case 'query':
        this.#skipping = false
        await this.#work(session, true, () =>
          runQuery(session, message.sql, this.#outbound, this.#sink),
        )
        return
      case 'parse':
      case 'bind':
      case 'describe':
      case 'execute':
      case 'close':
        if (this.#skipping) return
        await this.#work(session, false, () =>
          runExtended(session, message, this.#outbound, this.#sink),
        )
        return
      case 'sync':
        this.#skipping = false
        this.#ready(session)
        return
      case 'flush':
        this.#outbound.flush()
        return
      case 'function-call':
        if (this.#skipping) return
        this.#fail(
          session,
          new EngineError(SQLSTATE.featureNotSupported, 'FunctionCall is not supported'),
          true,
        )
        return
      case 'copy-data':
      case 'copy-done':
      case 'copy-fail':
      case 'terminate':
        return
    }
  }

  async #work(session: Session, simple: boolean, work: () => Promise<void>): Promise<void> {
    this.#busy = true
    try {
      await work()
      if (simple) this.#ready(session)
    } catch (error) {
      if (this.#ended) throw CLOSED
      if (this.#shutdown !== undefined) throw this.#shutdown
      this.#fail(session, toEngineError(error), simple)
    } finally {
      this.#busy = false
    }
  }

  #fail(session: Session, error: EngineError, simple: boolean): void {
    session.fail(error)
    this.#report('ERROR', error)
    if (simple) this.#ready(session)
    else this.#skipping = true
  }

  /** Ends the work under way and says so. */
  #ready(session: Session): void {
    session.idle()
    this.#reportParameters(session)
    this.#outbound.send({ kind: 'ready-for-query', status: session.transactionStatus })
    // More input at hand means a pipeline: answers may wait for company.
    this.#owed = true
    if (this.#reader.buffered === 0) this.#flush()
  }

  #flush(): void {
    this.#owed = false
    this.#outbound.flush()
  }

  #reportParameters(session: Session): void {
    for (const [name, value] of session.changedParameters()) {
      this.#outbound.send({ kind: 'parameter-status', name, value })
    }
  }

  #report(severity: Severity, error: EngineError): void {
    const { code, message, detail, hint, position } = error
    if (error.category === 'internal') this.#services.log(error.stack ?? message)
    this.#outbound.send({
      kind: 'error-response',
      severity,
      fields: { code, message, detail, hint, position },
    })
    this.#outbound.flush()
  }

  /** The next frame; undefined when the client is gone. */
  async #frame(): Promise<Frame | undefined> {
    for (;;) {
      if (this.#shutdown !== undefined) throw this.#shutdown
      const frame = this.#reader.next()
      if (frame !== undefined) return frame
      if (this.#ended) return undefined
      if (this.#socket.isPaused()) this.#socket.resume()
      if (this.#owed) this.#flush()
      await new Promise<void>((resolve) => (this.#wake = resolve))
      this.#wake = undefined
    }
  }

  #lost(): void {
    if (this.#ended) return
    this.#ended = true
    this.#session?.close(CLOSED)
    this.#wake?.()
  }
}
