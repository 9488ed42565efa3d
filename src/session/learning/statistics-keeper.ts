/**
 * Keeps the planner's statistics fresh: a source that statements ask is asked for its statistics in the background, at most once in
 * a while and within a time box. What came is kept in the catalog's hidden folder `.statistics` for the next start.
 */
import type { Worker } from 'node:worker_threads'
import type { Catalog, SourceDefinition, TableStatistics } from '../../catalog/catalog.js'
import type { LiveStatistics } from '../../catalog/live-statistics.js'
import { readKept, writeKept } from './kept-file.js'
import { startWorker } from '../worker-entry.js'

export interface StatisticsKeeperOptions {
  /** Of the catalog. */
  readonly directory: string
  readonly catalog: Catalog
  readonly log: (line: string) => void
  /** Told what is known whenever it changes. */
  readonly publish: (statistics: LiveStatistics) => void
  /** How old statistics may be, ms; 0: none are read, and those kept are not used. */
  readonly interval: number
  /** How long reading them may take, ms. */
  readonly timeBox?: number
}

interface StoredSource {
  readonly readAt: string
  readonly tables: Readonly<Record<string, TableStatistics>>
}

const TEN_SECONDS = 10_000

export class StatisticsKeeper {
  readonly #options: StatisticsKeeperOptions
  readonly #stored = new Map<string, StoredSource>()
  readonly #reading = new Map<string, Promise<void>>()
  readonly #triedAt = new Map<string, number>()
  readonly #workers = new Set<Worker>()
  #closed = false

  constructor(options: StatisticsKeeperOptions) {
    this.#options = options
    if (options.interval === 0) return
    for (const source of options.catalog.sources) {
      const stored = readStored(options.directory, source.name)
      if (stored !== undefined) this.#stored.set(source.name, stored)
    }
  }

  /** What is known so far. */
  get statistics(): LiveStatistics {
    return Object.fromEntries([...this.#stored].map(([name, { tables }]) => [name, tables]))
  }

  /** A statement asked these sources: those not asked lately for statistics are, without anybody waiting. */
  used(sources: readonly string[]): void {
    const { catalog, interval } = this.#options
    if (interval === 0 || this.#closed) return
    for (const source of catalog.sources) {
      if (!sources.includes(source.name) || this.#reading.has(source.name)) continue
      const last = Math.max(
        this.#triedAt.get(source.name) ?? 0,
        Date.parse(this.#stored.get(source.name)?.readAt ?? '') || 0,
      )
      if (Date.now() - last < interval) continue
      this.#triedAt.set(source.name, Date.now())
      const reading = this.#read(source).finally(() => this.#reading.delete(source.name))
      this.#reading.set(source.name, reading)
    }
  }

  /** Gives up what is being read. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#workers].map((worker) => worker.terminate()))
    await Promise.all(this.#reading.values())
  }

  async #read(source: SourceDefinition): Promise<void> {
    const { timeBox = TEN_SECONDS, log, publish } = this.#options
    const worker = startWorker('learning/statistics-thread-entry', {
      workerData: { source, milliseconds: timeBox },
    })
    this.#workers.add(worker)
    const timer = setTimeout(() => void worker.terminate(), timeBox * 1.2)
    try {
      const tables = await new Promise<StoredSource['tables'] | undefined>((resolve) => {
        worker.once('message', resolve)
        // A source that is down says so to whoever asks it for rows; here it only means the old figures.
        worker.once('error', () => resolve(undefined))
        worker.once('exit', () => resolve(undefined))
      })
      if (tables === undefined || this.#closed) return
      const stored = { readAt: new Date().toISOString(), tables }
      this.#stored.set(source.name, stored)
      publish(this.statistics)
      try {
        writeKept(this.#options.directory, source.name, stored)
      } catch (error) {
        log(`statistics are not kept for the next start: ${String(error)}`)
      }
    } finally {
      clearTimeout(timer)
      this.#workers.delete(worker)
    }
  }
}

function readStored(directory: string, source: string): StoredSource | undefined {
  const { readAt, tables } = (readKept(directory, source) ?? {}) as Partial<StoredSource>
  return typeof readAt === 'string' && typeof tables === 'object' ? { readAt, tables } : undefined
}
