/** Running a planned statement, as sessions see it: in process (tests) or on a pool of statement threads. */
import type { RelayChunk } from '../../connectors/connector.js'
import type { ExecuteMessage, ExecutionReport } from './statement-protocol.js'

export type ExecuteRequest = Omit<ExecuteMessage, 'type' | 'id'>

/** DataRow messages as they come. Leaving the loop early, or aborting, cancels the statement down to its sources. */
export interface RunningStatement extends AsyncIterable<RelayChunk> {
  /** What it cost, once the rows have ended (also after an error). */
  report(): ExecutionReport | undefined
}

export interface StatementRunner {
  /** `signal.reason` is the EngineError the client gets when it aborts. */
  execute(request: ExecuteRequest, signal: AbortSignal): RunningStatement
  close(): Promise<void>
}
