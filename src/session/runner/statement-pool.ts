/** The statement threads, as the main thread sees them: started when needed, one statement each while there are enough. */
import type { Worker } from 'node:worker_threads'
import type { SourceDefinition } from '../../catalog/catalog.js'
import type { RelayChunk } from '../../connectors/connector.js'
import { isWorthKeeping } from '../../connectors/frame-buffers.js'
import {
  deserializeError,
  EngineError,
  SQLSTATE,
  serializeError,
  toEngineError,
} from '../../errors.js'
import type {
  ExecutionReport,
  FromStatementThread,
  ToStatementThread,
} from './statement-protocol.js'
import type { ExecuteRequest, RunningStatement, StatementRunner } from './statement-runner.js'
import { startWorker } from '../worker-entry.js'

/** A thread that does not answer an abort for so long is ended, with whatever else runs on it. ms. */
const ABORT_GRACE = 5_000

interface StatementThread {
  readonly worker: Worker
  readonly statements: Map<number, PooledStatement>
}

export class StatementPool implements StatementRunner {
  readonly #limit: number
  readonly #threads: StatementThread[] = []
  #sources: Extract<ToStatementThread, { type: 'sources' }>
  #nextId = 1
  #closed = false

  /** `limit`: threads at most; beyond it statements share threads. */
  constructor(limit: number, version: string, sources: readonly SourceDefinition[]) {
    this.#limit = limit
    this.#sources = { type: 'sources', version, sources }
  }

  /** Starts a thread ahead of the first statement. */
  warm(): void {
    if (this.#threads.length === 0) this.#startThread()
  }

  /** Hands the sources of a new catalog version to all threads. */
  setSources(version: string, sources: readonly SourceDefinition[]): void {
    this.#sources = { type: 'sources', version, sources }
    for (const thread of this.#threads) send(thread, this.#sources)
  }

  execute(request: ExecuteRequest, signal: AbortSignal): RunningStatement {
    const thread = this.#leastBusyThread()
    const id = this.#nextId++
    return new PooledStatement(id, request, signal, thread)
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#threads.map((thread) => thread.worker.terminate()))
  }

  #leastBusyThread(): StatementThread {
    let best: StatementThread | undefined
    for (const thread of this.#threads) {
      if (best === undefined || thread.statements.size < best.statements.size) best = thread
    }
    if (best === undefined || (best.statements.size > 0 && this.#threads.length < this.#limit)) {
      return this.#startThread()
    }
    return best
  }

  #startThread(): StatementThread {
    const worker = startWorker('runner/statement-thread-entry', {})
    const thread: StatementThread = { worker, statements: new Map() }
    this.#threads.push(thread)
    worker.on('message', (message: FromStatementThread) => {
      thread.statements.get(message.id)?.receive(message)
    })
    const onEnd = (cause: unknown): void => {
      const index = this.#threads.indexOf(thread)
      if (index >= 0) this.#threads.splice(index, 1)
      const error = this.#closed
        ? new EngineError(SQLSTATE.adminShutdown, 'The server is shutting down')
        : new EngineError(SQLSTATE.internalError, 'The thread that ran the statement ended', {
            cause,
          })
      for (const statement of [...thread.statements.values()]) statement.fail(error)
    }
    worker.once('error', onEnd)
    worker.once('exit', onEnd)
    send(thread, this.#sources)
    return thread
  }
}

/** One statement on a thread: a queue of chunks with credit going back as they are taken. */
class PooledStatement implements RunningStatement {
  readonly #id: number
  readonly #thread: StatementThread
  readonly #signal: AbortSignal
  readonly #onAbort: () => void
  readonly #chunks: PooledChunk[] = []
  #error: EngineError | undefined
  #ended = false
  #wake: (() => void) | undefined
  #report: ExecutionReport | undefined
  #graceTimer: NodeJS.Timeout | undefined

  constructor(id: number, request: ExecuteRequest, signal: AbortSignal, thread: StatementThread) {
    this.#id = id
    this.#thread = thread
    this.#signal = signal
    this.#onAbort = () => this.#abort(toEngineError(signal.reason))
    thread.statements.set(id, this)
    send(thread, { ...request, type: 'execute', id })
    if (signal.aborted) this.#onAbort()
    else signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  report(): ExecutionReport | undefined {
    return this.#report
  }

  receive(message: FromStatementThread): void {
    switch (message.type) {
      case 'rows':
        this.#chunks.push(new PooledChunk(message.frames, message.rows))
        break
      case 'end':
        this.#report = message.statistics
        this.#finish()
        break
      case 'error':
        this.#report = message.statistics
        this.#error ??= deserializeError(message.error)
        this.#finish()
        break
    }
    this.#wake?.()
  }

  fail(error: EngineError): void {
    this.#error ??= error
    this.#finish()
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RelayChunk> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift()
        if (chunk !== undefined) {
          const bytes = chunk.frames.byteLength
          yield chunk
          if (!this.#ended) this.#credit(chunk, bytes)
        } else if (this.#ended) {
          if (this.#error !== undefined) throw this.#error
          return
        } else {
          await new Promise<void>((resolve) => (this.#wake = resolve))
        }
        if (this.#signal.aborted && this.#error !== undefined) throw this.#error
      }
    } finally {
      if (!this.#ended) this.#abort(undefined)
    }
  }

  #credit(chunk: PooledChunk, bytes: number): void {
    const message: ToStatementThread = { type: 'credit', id: this.#id, bytes }
    const { buffer } = chunk.frames
    if (chunk.isReleased && isWorthKeeping(buffer)) {
      this.#thread.worker.postMessage({ ...message, buffer }, [buffer])
    } else {
      send(this.#thread, message)
    }
  }

  #abort(reason: EngineError | undefined): void {
    if (this.#ended) return
    if (reason !== undefined) this.#error ??= reason
    const message: ToStatementThread = { type: 'abort', id: this.#id }
    send(
      this.#thread,
      reason === undefined ? message : { ...message, reason: serializeError(reason) },
    )
    this.#graceTimer ??= setTimeout(() => void this.#thread.worker.terminate(), ABORT_GRACE)
    this.#wake?.()
  }

  #finish(): void {
    this.#ended = true
    clearTimeout(this.#graceTimer)
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#thread.statements.delete(this.#id)
  }
}

/** Rows from a thread, whose buffer goes back there when whoever takes them is done with it. */
class PooledChunk implements RelayChunk {
  readonly frames: Uint8Array
  readonly rows: number
  isReleased = false

  constructor(frames: Uint8Array, rows: number) {
    this.frames = frames
    this.rows = rows
  }

  readonly release = (): void => {
    this.isReleased = true
  }
}

function send(thread: StatementThread, message: ToStatementThread): void {
  thread.worker.postMessage(message)
}
