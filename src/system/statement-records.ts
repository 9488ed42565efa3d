/** What the server remembers of the statements it ran and of the sources they reached. In memory; ends with the server. */
import { EngineError } from '../errors.js'
import type { LedgerEntry } from '../planner/explain/ledger.js'
import { MeasuredPrices } from '../planner/estimates/measured-prices.js'
import { inputsOf, type PhysicalPlan } from '../planner/physical-plan.js'
import type { ExecutionReport } from '../session/runner/statement-protocol.js'

/** One statement that ended. */
export interface StatementRecord {
  readonly id: number
  readonly user: string
  readonly role: string
  readonly processId: number
  readonly applicationName: string
  readonly text: string
  /** Microseconds since PostgreSQL's epoch. */
  readonly startedAt: number
  readonly milliseconds: number
  /** Rows of the answer that were taken. */
  readonly rows: number
  readonly rowsMoved: number
  readonly bytesMoved: number
  /** Rows that ship joins sent to sources. */
  readonly rowsSent: number
  /** Of these rows, and of keys. */
  readonly bytesSent: number
  readonly remoteCalls: number
  readonly peakMemory: number | undefined
  /** SQLSTATE; undefined: it ended well. */
  readonly errorCode: string | undefined
  readonly sources: readonly string[]
  readonly ledger: readonly LedgerEntry[]
}

/** What is known of a source from the statements that asked it. */
export interface SourceRecord {
  readonly statements: number
  readonly failures: number
  readonly rows: number
  readonly bytes: number
  /** Microseconds since PostgreSQL's epoch. */
  readonly lastSuccess?: number
  readonly lastFailure?: number
  readonly lastError?: string
}

/** A statement that ended, before it is counted up. */
export interface EndedStatement extends Omit<
  StatementRecord,
  | 'id'
  | 'rowsMoved'
  | 'bytesMoved'
  | 'rowsSent'
  | 'bytesSent'
  | 'remoteCalls'
  | 'peakMemory'
  | 'errorCode'
  | 'sources'
> {
  readonly plan: PhysicalPlan
  /** Values of $1.. */
  readonly parameters: readonly (string | null)[]
  /** Missing where the client left early. */
  readonly report: ExecutionReport | undefined
  readonly error: unknown
}

const MOST_RECORDS = 1000

export class StatementRecords {
  readonly #onEnded: ((record: StatementRecord, ended: EndedStatement) => void) | undefined
  readonly #statements: StatementRecord[] = []
  readonly #sources = new Map<string, SourceRecord>()
  /** What asking the sources was found to cost. */
  readonly prices: MeasuredPrices
  #lastId = 0

  /** `onEnded` is told of every record as it is made. */
  constructor(
    onEnded?: (record: StatementRecord, ended: EndedStatement) => void,
    prices = new MeasuredPrices(),
  ) {
    this.#onEnded = onEnded
    this.prices = prices
  }

  /** Newest last. */
  get statements(): readonly StatementRecord[] {
    return this.#statements
  }

  /** By source; one that nobody asked has no record. */
  get sources(): ReadonlyMap<string, SourceRecord> {
    return this.#sources
  }

  add(ended: EndedStatement): void {
    const { plan, report, error } = ended
    const figures = new Map(report?.nodes)
    const moved = new Map<string, { rows: number; bytes: number; calls: number }>()
    const visit = (node: PhysicalPlan): void => {
      if (node.kind === 'remote-query') {
        const { rows = 0, bytes = 0, remoteCalls = 0 } = figures.get(node.id) ?? {}
        const sum = moved.get(node.source) ?? { rows: 0, bytes: 0, calls: 0 }
        moved.set(node.source, {
          rows: sum.rows + rows,
          bytes: sum.bytes + bytes,
          calls: sum.calls + remoteCalls,
        })
      }
      inputsOf(node).forEach(visit)
    }
    visit(plan)
    const failed = error === undefined ? undefined : asError(error)
    const now = ended.startedAt + Math.round(ended.milliseconds * 1000)
    for (const [source, { rows, bytes, calls }] of moved) {
      const isAtFault = failed?.source === source
      if (calls === 0 && !isAtFault) continue
      const before = this.#sources.get(source) ?? { statements: 0, failures: 0, rows: 0, bytes: 0 }
      this.#sources.set(source, {
        ...before,
        statements: before.statements + 1,
        rows: before.rows + rows,
        bytes: before.bytes + bytes,
        ...(isAtFault
          ? { failures: before.failures + 1, lastFailure: now, lastError: failed.message }
          : failed === undefined
            ? { lastSuccess: now }
            : {}),
      })
    }
    const all = [...moved.values()]
    const nodes = [...figures.values()]
    const { user, role, processId, applicationName, text } = ended
    const { startedAt, milliseconds, rows, ledger } = ended
    const record: StatementRecord = {
      ...{ user, role, processId, applicationName, text, startedAt, milliseconds, rows, ledger },
      id: ++this.#lastId,
      rowsMoved: all.reduce((sum, { rows }) => sum + rows, 0),
      bytesMoved: all.reduce((sum, { bytes }) => sum + bytes, 0),
      rowsSent: nodes.reduce((sum, { shipped = 0 }) => sum + shipped, 0),
      bytesSent: nodes.reduce((sum, { bytesSent = 0 }) => sum + bytesSent, 0),
      remoteCalls: all.reduce((sum, { calls }) => sum + calls, 0),
      peakMemory: report?.peakMemory,
      errorCode: failed?.code,
      sources: [...moved.keys()],
    }
    this.#statements.push(record)
    if (this.#statements.length > MOST_RECORDS) this.#statements.shift()
    this.#onEnded?.(record, ended)
  }
}

function asError(error: unknown): { code: string; message: string; source?: string | undefined } {
  if (error instanceof EngineError) return error
  return { code: 'XX000', message: String(error) }
}
