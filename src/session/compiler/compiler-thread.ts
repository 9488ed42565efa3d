/** The compiler on a thread of its own, as the main thread sees it. A thread that dies or hangs is started anew. */
import type { Worker } from 'node:worker_threads'
import type { Catalog } from '../../catalog/catalog.js'
import type { LiveStatistics } from '../../catalog/live-statistics.js'
import { deserializeError, EngineError, SQLSTATE } from '../../errors.js'
import type { CatalogResult, CompiledStatement, Compiler } from './compiled-statement.js'
import type {
  CompilerProblem,
  FromCompilerThread,
  LearnedChange,
  ToCompilerThread,
} from './compiler-protocol.js'
import { startWorker } from '../worker-entry.js'

/** PostgreSQL in WASM cannot be interrupted: a request that takes longer costs the thread its life. ms. */
const DEADLINE = 60_000

/** Deep expressions recurse in WASM and in the tree reader. MB. */
const STACK_SIZE = 32

/**
 * Room for short-lived objects, in MB. A plan is many small objects that are looked up by identity: with the little room of other threads
 * they are moved while they are still in use. It costs some 20 MB of memory.
 */
const YOUNG_GENERATION = 24

interface Pending {
  resolve(answer: CompiledStatement | CatalogResult): void
  reject(error: Error): void
  readonly timer: NodeJS.Timeout
}

export class CompilerThread implements Compiler {
  readonly #catalog: Catalog
  #worker: Promise<Worker>
  #problems: readonly CompilerProblem[] = []
  #targets: Readonly<Record<string, string>> = {}
  #closed = false
  #nextId = 1
  readonly #pending = new Map<number, Pending>()
  #statistics: LiveStatistics = {}
  #kept: (() => LearnedChange) | undefined

  private constructor(catalog: Catalog) {
    this.#catalog = catalog
    this.#worker = this.#start()
  }

  /** Starts the thread; resolves when it can compile. */
  static async start(catalog: Catalog): Promise<CompilerThread> {
    const thread = new CompilerThread(catalog)
    await thread.#worker
    return thread
  }

  /** What PostgreSQL had to say against the catalog. */
  get problems(): readonly CompilerProblem[] {
    return this.#problems
  }

  /** The connection target of each source: equal ones are one site. */
  get targets(): Readonly<Record<string, string>> {
    return this.#targets
  }

  async compile(...request: Parameters<Compiler['compile']>): Promise<CompiledStatement> {
    return (await this.#request({
      type: 'compile',
      id: this.#nextId++,
      request,
    })) as CompiledStatement
  }

  async runCatalog(...request: Parameters<Compiler['runCatalog']>): Promise<CatalogResult> {
    return (await this.#request({ type: 'catalog', id: this.#nextId++, request })) as CatalogResult
  }

  /** Plans by these statistics from now on, also after the thread was started anew. */
  async setStatistics(statistics: LiveStatistics): Promise<void> {
    this.#statistics = statistics
    const worker = await this.#worker
    worker.postMessage({ type: 'statistics', statistics } satisfies ToCompilerThread)
  }

  /** Learns from fragments that ran; a thread that is started anew begins with what `kept` says then. */
  async learn(learned: LearnedChange, kept: () => LearnedChange): Promise<void> {
    this.#kept = kept
    const worker = await this.#worker
    worker.postMessage({ type: 'learned', learned } satisfies ToCompilerThread)
  }

  async close(): Promise<void> {
    this.#closed = true
    await (await this.#worker.catch(() => undefined))?.terminate()
  }

  async #request(
    message: Extract<ToCompilerThread, { id: number }>,
  ): Promise<CompiledStatement | CatalogResult> {
    const worker = await this.#worker
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => void worker.terminate(), DEADLINE)
      this.#pending.set(message.id, { resolve, reject, timer })
      worker.postMessage(message)
    })
  }

  #start(): Promise<Worker> {
    const worker = startWorker('compiler/compiler-thread-entry', {
      workerData: { catalog: this.#catalog },
      resourceLimits: { stackSizeMb: STACK_SIZE, maxYoungGenerationSizeMb: YOUNG_GENERATION },
    })
    const ready = new Promise<Worker>((resolve, reject) => {
      worker.on('message', (message: FromCompilerThread) => {
        switch (message.type) {
          case 'ready':
            this.#problems = message.problems
            this.#targets = message.targets
            worker.postMessage({
              ...{ type: 'statistics', statistics: this.#statistics },
            } satisfies ToCompilerThread)
            if (this.#kept !== undefined) {
              worker.postMessage({
                ...{ type: 'learned', learned: this.#kept() },
              } satisfies ToCompilerThread)
            }
            resolve(worker)
            break
          case 'failed':
            reject(deserializeError(message.error))
            break
          case 'answer':
            this.#take(message.id)?.resolve(message.answer)
            break
          case 'error':
            this.#take(message.id)?.reject(deserializeError(message.error))
            break
        }
      })
      worker.once('error', reject)
      worker.once('exit', () => reject(new Error('the compiler thread ended')))
    })
    ready.catch(() => undefined)
    worker.once('exit', () => this.#restart())
    return ready
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    clearTimeout(pending?.timer)
    return pending
  }

  #restart(): void {
    const error = new EngineError(
      SQLSTATE.internalError,
      'The statement brought the compiler down or took too long to analyze',
      { category: 'internal', hint: 'Simplify the statement; other sessions go on' },
    )
    for (const id of [...this.#pending.keys()]) this.#take(id)?.reject(error)
    if (!this.#closed) this.#worker = this.#start()
  }
}
