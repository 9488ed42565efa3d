/** Where a local PostgreSQL runs: in a worker thread of its own, or in this thread when run from TypeScript sources. */
import { Worker } from 'node:worker_threads'
import { deserializeError } from '../../errors.js'
import type { SerializedError } from '../../errors.js'
import { startInstance } from './start-instance.js'

/** What the worker is asked, and answers. */
export interface EngineRequest {
  readonly id: number
  readonly bytes: Uint8Array
}

export interface EngineAnswer {
  readonly id: number
  readonly bytes?: Uint8Array
  readonly error?: SerializedError
}

/** A PostgreSQL that takes frontend messages and answers with backend messages. */
export interface LocalEngine {
  /** One exchange that ends with ReadyForQuery. */
  exchange(bytes: Uint8Array): Promise<Uint8Array>
  /** Ends it, also in the middle of an exchange; a pending one fails. */
  terminate(): Promise<void>
  readonly broken: boolean
}

/** Starts an engine. It does not keep the process alive. */
export async function startEngine(): Promise<LocalEngine> {
  return import.meta.url.endsWith('.ts') ? startInProcess() : new WorkerEngine()
}

async function startInProcess(): Promise<LocalEngine> {
  const postgres = await startInstance()
  let isEnded = false
  return {
    exchange: async (bytes) => {
      // A turn of the event loop, as the way to a worker would take.
      await new Promise<void>((resolve) => setImmediate(resolve))
      return postgres.rawProtocol(bytes)
    },
    terminate: async () => {
      isEnded = true
      await postgres.close()
    },
    get broken() {
      return isEnded || postgres.broken
    },
  }
}

interface Waiting {
  resolve(bytes: Uint8Array): void
  reject(error: unknown): void
}

class WorkerEngine implements LocalEngine {
  readonly #worker = new Worker(new URL('./worker.js', import.meta.url))
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1
  broken = false

  constructor() {
    this.#worker.unref()
    this.#worker.on('message', (answer: EngineAnswer) => {
      const waiting = this.#waiting.get(answer.id)
      this.#waiting.delete(answer.id)
      if (this.#waiting.size === 0) this.#worker.unref()
      if (answer.error !== undefined) {
        this.broken = true
        waiting?.reject(deserializeError(answer.error))
      } else if (answer.bytes !== undefined) {
        waiting?.resolve(answer.bytes)
      }
    })
    this.#worker.on('error', (error) => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new Error('The local PostgreSQL ended')))
  }

  exchange(bytes: Uint8Array): Promise<Uint8Array> {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      if (this.broken) {
        reject(new Error('The local PostgreSQL has ended'))
        return
      }
      this.#waiting.set(id, { resolve, reject })
      this.#worker.ref()
      const own = Uint8Array.from(bytes)
      const request: EngineRequest = { id, bytes: own }
      this.#worker.postMessage(request, [own.buffer])
    })
  }

  async terminate(): Promise<void> {
    this.broken = true
    await this.#worker.terminate()
  }

  #fail(error: Error): void {
    this.broken = true
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
  }
}
