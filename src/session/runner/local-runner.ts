/** Runs statements in this thread: for the command line's single statements and for tests. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import { StatementHost } from './statement-host.js'
import type { ExecutionReport } from './statement-protocol.js'
import type { ExecuteRequest, RunningStatement, StatementRunner } from './statement-runner.js'

export class LocalRunner implements StatementRunner {
  readonly #host = new StatementHost()

  constructor(sources: readonly SourceDefinition[]) {
    this.#host.setSources(sources)
  }

  execute(request: ExecuteRequest, signal: AbortSignal): RunningStatement {
    let report: ExecutionReport | undefined
    const rows = this.#host.run(request, signal, (value) => (report = value))
    return { [Symbol.asyncIterator]: () => rows, report: () => report }
  }

  close(): Promise<void> {
    return this.#host.close()
  }
}
