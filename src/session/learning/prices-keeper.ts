/** Learns what asking sources costs from statements that ended, and keeps it for the next start: numbers by connection target, no values of data. */
import { MeasuredPrices } from '../../planner/estimates/measured-prices.js'
import type { EndedStatement } from '../../system/statement-records.js'
import { LateWriter, readKept } from './kept-file.js'

export interface PricesKeeperOptions {
  /** Of the catalog. */
  readonly directory: string
  /** The connection target of each source. */
  readonly targets: Readonly<Record<string, string>>
  readonly log: (line: string) => void
}

// No source has this name: it is no identifier.
const NAME = 'source-prices'

export class PricesKeeper {
  readonly prices: MeasuredPrices
  readonly #writer: LateWriter

  constructor({ directory, targets, log }: PricesKeeperOptions) {
    this.prices = new MeasuredPrices(targets)
    this.#writer = new LateWriter({
      ...{ directory, name: NAME, content: () => ({ targets: this.prices.kept() }) },
      failed: (error) => log(`measured prices are not kept for the next start: ${String(error)}`),
    })
    const { targets: kept } = readKept(directory, NAME) ?? {}
    if (kept !== undefined) this.prices.restore(kept as ReturnType<MeasuredPrices['kept']>)
  }

  /** A statement ended: well, or nothing is learned. */
  ended({ plan, report, error }: EndedStatement): void {
    if (report === undefined || error !== undefined) return
    const figures = new Map(report.nodes)
    const isLearned = this.prices.learn(plan, (id) => figures.get(id), Date.now())
    if (isLearned) this.#writer.changed()
  }

  /** Writes what is not written yet. */
  close(): void {
    this.#writer.close()
  }
}
